import { useState } from 'react';
import { Link } from 'wouter';
import type { JobState, Source } from '../../../../client/src/index';
import { plural } from '../../format/quantities';
import { STATES } from '../../ui/badges';
import { LongText } from '../../ui/long-text';
import { Snippet } from '../../ui/snippet';

/** Words that no rule reads, and the lines that give them one. What a word means is for people to say: nothing is proposed. */
export function Unmapped({ source: { key, unmappedStatuses } }: { source: Source }) {
  const [meanings, setMeanings] = useState<ReadonlyMap<string, JobState>>(new Map());
  if (unmappedStatuses.length === 0) return null;
  const words = unmappedStatuses.flatMap(({ status }) => (status === null ? [] : [status]));
  return (
    <section className="panel" aria-labelledby="unmapped">
      <header>
        <h2 id="unmapped">Words that no rule reads</h2>
        <span className="quiet">their jobs are in the state unknown: neither good nor bad</span>
      </header>
      <div className="table-frame" role="region" aria-label="Words that no rule reads" tabIndex={0}>
        <table className="table">
          <caption className="visually-hidden">Words of the platform that no rule reads</caption>
          <thead>
            <tr>
              <th scope="col">Platform’s word</th>
              <th scope="col">Jobs</th>
              <th scope="col">It means</th>
            </tr>
          </thead>
          <tbody>
            {unmappedStatuses.map(({ status, count }) => (
              <tr key={status ?? ''}>
                <td data-label="Platform’s word">
                  {status === null ? (
                    <span className="none">no status at all</span>
                  ) : (
                    <LongText text={status} code />
                  )}
                </td>
                <td data-label="Jobs">
                  {status === null ? (
                    plural(count, 'job')
                  ) : (
                    <Link
                      href={`/jobs?source=${key}&rawStatus=${encodeURIComponent(status.replaceAll(',', '\\,'))}`}
                    >
                      {plural(count, 'job')}
                    </Link>
                  )}
                </td>
                <td data-label="It means">
                  {status === null ? (
                    <span className="quiet">A rule needs a word.</span>
                  ) : (
                    <select
                      aria-label={`What ${status.slice(0, 100)} means`}
                      value={meanings.get(status) ?? ''}
                      onChange={({ target }) =>
                        setMeanings(new Map(meanings).set(status, target.value as JobState))
                      }
                    >
                      <option value="" disabled>
                        choose…
                      </option>
                      {STATES.filter((state) => state !== 'unknown').map((state) => (
                        <option key={state}>{state}</option>
                      ))}
                    </select>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {words.length === 0 ? null : (
        <div className="stack gap-above">
          <p>
            Under this source in <code>rollcall.yaml</code>; after a restart its jobs are read anew by it:
          </p>
          <Snippet text={overrides(words, meanings)} what="the rules" />
        </div>
      )}
    </section>
  );
}

/** JSON's quotes are YAML's too, whatever the word holds. */
function overrides(words: readonly string[], meanings: ReadonlyMap<string, JobState>): string {
  return [
    'statusOverrides:',
    ...words.map((word) => {
      const state = meanings.get(word);
      return state === undefined
        ? `  # ${JSON.stringify(word)}: { state: … }`
        : `  ${JSON.stringify(word)}: { state: ${state} }`;
    }),
  ].join('\n');
}
