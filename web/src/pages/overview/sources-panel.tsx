import { Link } from 'wouter';
import type { Source } from '../../../../client/src/index';
import { formatCount } from '../../format/quantities';
import { Answer } from '../../ui/answer';
import { HealthBadge } from '../../ui/badges';
import { EmptyState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { useSources } from './overview.queries';

const SHOWN = 20;

/** The worse, the higher. */
const ORDER: readonly Source['health'][] = ['failing', 'degraded', 'paused', 'healthy', 'retired'];

export function SourcesPanel() {
  const answer = useSources(SHOWN);
  return (
    <section className="panel" aria-labelledby="sources">
      <header>
        <h2 id="sources">Sources</h2>
        <Link href="/sources">{answer.data?.page.next == null ? 'More about them' : 'All of them'}</Link>
      </header>
      <Answer
        of={answer}
        what="sources"
        lines={5}
        empty={<NoSource />}
        isEmpty={({ data }) => data.length === 0}
      >
        {({ data }) => (
          <div className="table-frame" role="region" aria-label="Sources" tabIndex={0}>
            <table className="table">
              <caption className="visually-hidden">Sources and how far we know each</caption>
              <thead>
                <tr>
                  {['Source', 'Health', 'Known up to', 'Last success', 'Next poll', 'Running', 'Failed'].map(
                    (name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {data.toSorted(byHealth).map((source) => (
                  <SourceRow key={source.key} source={source} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Answer>
    </section>
  );
}

function byHealth(a: Source, b: Source): number {
  return ORDER.indexOf(a.health) - ORDER.indexOf(b.health);
}

function NoSource() {
  return (
    <EmptyState title="No source yet">
      <p>
        <code>rollcall init</code> writes a configuration to begin with.
      </p>
    </EmptyState>
  );
}

function SourceRow({ source }: { source: Source }) {
  const { key, label, platform, health, reason, completeThrough, lastSuccessAt, nextPollAt, jobs } = source;
  return (
    <tr className={health === 'failing' ? 'row-blind' : undefined}>
      <td data-label="Source">
        <span className="source-name">
          <Link href={`/sources/${key}`} data-row>
            {key}
          </Link>
          <span className="quiet">{label ?? platform}</span>
        </span>
      </td>
      <td data-label="Health">
        <HealthBadge health={health} reason={reason} />
      </td>
      <td data-label="Known up to">
        <Time at={completeThrough} />
      </td>
      <td data-label="Last success">
        <Time at={lastSuccessAt} />
      </td>
      <td data-label="Next poll">
        <Time at={nextPollAt} />
      </td>
      <td data-label="Running">
        <Link href={`/jobs?source=${key}&state=running`}>{formatCount(jobs.running)}</Link>
      </td>
      <td data-label="Failed">
        <Link href={`/jobs?source=${key}&state=failed`}>{formatCount(jobs.failed)}</Link>
      </td>
    </tr>
  );
}
