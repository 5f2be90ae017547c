import { useQuery } from '@tanstack/react-query';
import type { components } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { formatExact } from '../../format/times';
import { zone } from '../../preferences';
import { useStore } from '../../store';
import { Answer } from '../../ui/answer';
import { HealthBadge } from '../../ui/badges';
import { EmptyState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { sourceKey } from '../sources/sources.queries';

type FeedEvent = components['schemas']['Event'];

/** Pages of the feed that are walked, and changes that are shown of them. */
const MOST_PAGES = 10;
const PAGE = 500;
const SHOWN = 25;

/** Every change of the source's health, out of the change feed. */
export function HealthHistory({ name }: { name: string }) {
  const client = useClient();
  const inZone = useStore(zone);
  const answer = useQuery({
    queryKey: [...sourceKey(name), 'health'],
    queryFn: async ({ signal }) => {
      const all: FeedEvent[] = [];
      let after: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const query = { source: [name], types: ['source.health' as const], limit: PAGE };
        const { data } = await client.api.GET('/api/v1/events', {
          signal,
          params: { query: after === undefined ? query : { ...query, after } },
        });
        all.push(...data!.data);
        const { next } = data!.page;
        if (next === null || next === after || (data!.data.length === 0 && pages > 0)) break;
        after = next;
      }
      return all.slice(-SHOWN).reverse();
    },
  });
  return (
    <section className="panel" aria-labelledby="history">
      <header>
        <h2 id="history">How its health changed</h2>
        <span className="quiet">newest first</span>
      </header>
      <Answer
        of={answer}
        what="its history"
        empty={
          <EmptyState title="It has not changed">
            <p className="quiet">
              …within the events that are kept (<code>retention.events</code>).
            </p>
          </EmptyState>
        }
      >
        {(changes) => (
          <div className="table-frame" role="region" aria-label="Changes of its health" tabIndex={0}>
            <table className="table">
              <caption className="visually-hidden">Changes of its health, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">It became</th>
                  <th scope="col">After being</th>
                  <th scope="col">When</th>
                  <th scope="col">Exactly</th>
                </tr>
              </thead>
              <tbody>
                {changes.map(({ id, at, health, previousHealth, reason }) => (
                  <tr key={id}>
                    <td data-label="It became">
                      {health === undefined ? '–' : <HealthBadge health={health} reason={reason ?? null} />}
                    </td>
                    <td data-label="After being">{previousHealth ?? '–'}</td>
                    <td data-label="When">
                      <Time at={at} />
                    </td>
                    <td data-label="Exactly" className="number">
                      {formatExact(Date.parse(at), inZone)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Answer>
    </section>
  );
}
