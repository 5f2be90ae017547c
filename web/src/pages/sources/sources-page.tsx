import { useQueryClient } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { Source } from '../../../../client/src/index';
import { useEvents } from '../../api/use-events';
import { plural } from '../../format/quantities';
import { Icon } from '../../ui/icons';
import { LiveState } from '../../ui/live-state';
import { EmptyState, ErrorState, LoadingState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { Snippet } from '../../ui/snippet';
import { HEALTH_ORDER, type Health } from './health-words';
import { useAllSources } from './sources.queries';
import { SourcesTable } from './sources-table';
import '../../styles/details.css';
import './sources.css';

/** Which platforms we can see, how far, and what is wrong where we cannot. */
export default function SourcesPage() {
  const { data, error, refetch } = useAllSources();
  const queries = useQueryClient();
  const [parameters, setParameters] = useSearchParams();
  const words = parameters.get('q') ?? '';
  const health = HEALTH_ORDER.find((one) => one === parameters.get('health')) ?? null;
  const shown = useDeferredValue(
    data?.filter((source) => (health === null || source.health === health) && matches(source, words)),
  );
  const ask = () => void queries.invalidateQueries({ queryKey: ['sources'] });
  const stream = useEvents({ types: ['source.health'] }, ask, ask);
  const blind = data?.filter((source) => source.health === 'failing') ?? [];
  usePageTitle(blind.length > 0 ? `${blind.length} blind · Sources` : 'Sources');

  const set = (name: 'q' | 'health', value: string | null) =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        if (value === null || value === '') after.delete(name);
        else after.set(name, value);
        return after;
      },
      { replace: name === 'q' },
    );
  return (
    <>
      <div className="page-head">
        <h1>Sources</h1>
        <LiveState state={stream} />
      </div>
      {error === null ? null : <ErrorState error={error} onRetry={() => void refetch()} />}
      {blind.length === 0 ? null : <Blind sources={blind} />}
      {data === undefined ? (
        error === null ? (
          <LoadingState what="the sources" lines={6} />
        ) : null
      ) : data.length === 0 ? (
        <NoSources />
      ) : (
        <>
          <div className="actions">
            <label className="source-search">
              <span className="visually-hidden">Find a source by key, label, platform or label</span>
              <Icon name="search" />
              <input
                type="search"
                data-search
                placeholder="Find a source"
                value={words}
                onChange={({ target }) => set('q', target.value)}
              />
            </label>
            <HealthFilter sources={data} chosen={health} onChoose={(one) => set('health', one)} />
          </div>
          {shown === undefined || shown.length === 0 ? (
            <EmptyState title="No source fits">
              <p className="actions">
                <button type="button" className="button" onClick={() => setParameters({})}>
                  Show all {plural(data.length, 'source')}
                </button>
              </p>
            </EmptyState>
          ) : (
            <SourcesTable sources={shown} />
          )}
        </>
      )}
    </>
  );
}

/** Named in the alarm; the table below has them all. */
const NAMED = 8;

function Blind({ sources }: { sources: readonly Source[] }) {
  return (
    <div className="alarm" role="alert">
      <h2>
        <Icon name="eyeOff" size={22} />
        {sources.length === 1 ? 'One source is blind' : `${plural(sources.length, 'source')} are blind`}
      </h2>
      <ul>
        {sources.slice(0, NAMED).map(({ key, reason, lastError }) => (
          <li key={key}>
            <Link href={`/sources/${key}`}>{key}</Link>: {reason ?? 'failing'}
            {lastError === null ? null : (
              <>
                {' '}
                – <bdi>{lastError.message.slice(0, 200)}</bdi>
              </>
            )}
          </li>
        ))}
        {sources.length > NAMED ? <li>and {sources.length - NAMED} more</li> : null}
      </ul>
    </div>
  );
}

function HealthFilter({
  sources,
  chosen,
  onChoose,
}: {
  sources: readonly Source[];
  chosen: Health | null;
  onChoose: (health: Health | null) => void;
}) {
  const count = (health: Health) => sources.filter((source) => source.health === health).length;
  return (
    <div className="segments" role="group" aria-label="Health">
      <button type="button" aria-pressed={chosen === null} onClick={() => onChoose(null)}>
        All {sources.length}
      </button>
      {HEALTH_ORDER.filter((health) => count(health) > 0 || health === chosen).map((health) => (
        <button
          key={health}
          type="button"
          aria-pressed={chosen === health}
          onClick={() => onChoose(chosen === health ? null : health)}
        >
          {health} {count(health)}
        </button>
      ))}
    </div>
  );
}

function NoSources() {
  return (
    <EmptyState title="No source yet">
      <p>
        A source is one account on a platform. Write the first into <code>rollcall.yaml</code> and restart, or
        let <code>rollcall init</code> write a file with comments. A token that is limited to sources sees
        only those.
      </p>
      <Snippet
        what="a first source"
        text={`sources:
  - key: charts
    platform: vectorcharts
    baseUrl: https://api.vectorcharts.com
    auth: { token: "\${CHARTS_TOKEN}" }`}
      />
    </EmptyState>
  );
}

/** Every word stands somewhere in what names the source. */
function matches({ key, label, platform, labels }: Source, text: string): boolean {
  const haystack = [key, label ?? '', platform, ...Object.entries(labels).flat()].join('\n').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}
