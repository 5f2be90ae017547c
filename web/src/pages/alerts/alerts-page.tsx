import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { useClient } from '../../api/client';
import { useEvents } from '../../api/use-events';
import { LiveState } from '../../ui/live-state';
import { Answer } from '../../ui/answer';
import { EmptyState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { AlertsTable } from './alerts-table';
import { HowToExpect } from './how-to-expect';
import '../../styles/details.css';
import './alerts.css';

const PAGE = 50;
const ASK_EVERY_MS = 10_000;

const SHOWN = ['firing', 'resolved', 'all'] as const;
type Shown = (typeof SHOWN)[number];

/** What is not as the configuration expects it, now and before. */
export default function AlertsPage() {
  const client = useClient();
  const queries = useQueryClient();
  const [parameters, setParameters] = useSearchParams();
  const shown = SHOWN.find((one) => one === parameters.get('show')) ?? 'firing';
  const name = parameters.get('name');
  const source = parameters.get('source');
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['alerts', shown, name, source],
    queryFn: async ({ signal, pageParam }) =>
      (
        await client.api.GET('/api/v1/alerts', {
          signal,
          params: {
            query: {
              limit: PAGE,
              ...(shown === 'all' ? {} : { state: [shown] }),
              ...(name === null ? {} : { name: [name] }),
              ...(source === null ? {} : { source: [source] }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        })
      ).data!,
    initialPageParam: null as string | null,
    getNextPageParam: ({ page }) => page.next,
    refetchInterval: ASK_EVERY_MS,
    placeholderData: keepPreviousData,
  });
  const ask = () => void queries.invalidateQueries({ queryKey: ['alerts'] });
  const stream = useEvents({ types: ['alert.firing', 'alert.resolved'] }, ask, ask);
  const alerts = data?.pages.flatMap((page) => page.data);
  const firing = shown === 'firing' ? (alerts?.length ?? 0) : 0;
  usePageTitle(firing > 0 ? `${firing}${hasNextPage ? '+' : ''} firing · Alerts` : 'Alerts');
  const set = (key: 'show' | 'name' | 'source', value: string | null) =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      if (value === null) after.delete(key);
      else after.set(key, value);
      return after;
    });
  return (
    <>
      <div className="page-head">
        <h1>Alerts</h1>
        <LiveState state={stream} />
      </div>
      <div className="actions">
        <div className="segments" role="group" aria-label="Which alerts">
          {SHOWN.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={shown === one}
              onClick={() => set('show', one === 'firing' ? null : one)}
            >
              {one}
            </button>
          ))}
        </div>
        <Chosen what="expectation" value={name} onRemove={() => set('name', null)} />
        <Chosen what="source" value={source} onRemove={() => set('source', null)} />
      </div>
      <Answer
        of={{ data: alerts, error, refetch }}
        what="the alerts"
        lines={5}
        empty={<Nothing shown={shown} isFiltered={name !== null || source !== null} />}
      >
        {(rows) => <AlertsTable alerts={rows} onName={(one) => set('name', one)} />}
      </Answer>
      {hasNextPage ? (
        <p className="actions">
          <button
            type="button"
            className="button"
            aria-disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Show more
          </button>
        </p>
      ) : null}
      <HowToExpect isOpen={alerts?.length === 0 && name === null && source === null} />
    </>
  );
}

function Chosen({ what, value, onRemove }: { what: string; value: string | null; onRemove: () => void }) {
  if (value === null) return null;
  return (
    <span className="chip">
      <span className="chip-text">
        {what}: <bdi>{value.slice(0, 100)}</bdi>
      </span>
      <button type="button" className="chip-remove" aria-label={`Every ${what}`} onClick={onRemove}>
        ✕
      </button>
    </span>
  );
}

function Nothing({ shown, isFiltered }: { shown: Shown; isFiltered: boolean }) {
  if (shown !== 'firing' || isFiltered)
    return (
      <EmptyState title={shown === 'firing' ? 'Nothing of it fires' : 'There is none'}>
        <p className="quiet">Alerts that have ended are kept as long as events are.</p>
      </EmptyState>
    );
  return (
    <EmptyState title="Nothing fires">
      <p>
        Every expectation holds, or none is configured. Jobs that failed are no alerts by themselves: they are
        in <Link href="/jobs?state=failed,missed">the list of jobs</Link>.
      </p>
    </EmptyState>
  );
}
