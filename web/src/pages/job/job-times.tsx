import type { ReactNode } from 'react';
import type { Job } from '../../../../client/src/index';
import { formatExact } from '../../format/times';
import { zone } from '../../preferences';
import { useStore } from '../../store';
import { Facts } from '../../ui/facts';
import { PROVENANCE_WORDS } from '../../ui/provenance';
import { Duration, Time } from '../../ui/time';

/** The times of the platform, each with how it is known; then those of Rollcall itself. */
export function JobTimes({ job }: { job: Job }) {
  const upstream = (at: string | null, name: string) => <Moment at={at} provenance={job.provenance[name]} />;
  return (
    <section className="panel" aria-labelledby="times">
      <header>
        <h2 id="times">When</h2>
      </header>
      <Facts
        facts={[
          ['Created', upstream(job.createdAt, 'createdAt')],
          job.scheduledFor === null ? null : ['Planned for', upstream(job.scheduledFor, 'scheduledFor')],
          ['Started', upstream(job.startedAt, 'startedAt')],
          ['Finished', upstream(job.finishedAt, 'finishedAt')],
          [
            'Duration',
            job.durationMs === null ? (
              <span className="none">not known: it needs a start{job.terminal ? ' and an end' : ''}</span>
            ) : (
              <Duration ms={job.durationMs} since={job.terminal ? null : job.startedAt} />
            ),
          ],
          ['Updated', upstream(job.updatedAt, 'updatedAt')],
          ['In this state since', <Moment at={job.stateChangedAt} />],
          ['First seen', <Moment at={job.firstSeenAt} />],
          ['Last seen', <Moment at={job.lastSeenAt} />],
          [
            'Last change',
            <Moment
              at={job.changedAt}
              how={job.version === 1 ? 'unchanged since it was discovered' : `change ${job.version} of it`}
            />,
          ],
        ]}
      />
    </section>
  );
}

function Moment({
  at,
  provenance,
  how,
}: {
  at: string | null;
  provenance?: string | undefined;
  how?: string;
}) {
  const inZone = useStore(zone);
  const words = how ?? (provenance === undefined ? null : (PROVENANCE_WORDS[provenance] ?? provenance));
  if (at === null)
    return (
      <span className="none">
        {words ?? (provenance === undefined ? 'not yet, or not given' : provenance)}
      </span>
    );
  const exact: ReactNode = <span className="quiet number">{formatExact(Date.parse(at), inZone)}</span>;
  return (
    <>
      <Time at={at} /> {exact}
      {words === null ? null : <div className="quiet small">{words}</div>}
    </>
  );
}
