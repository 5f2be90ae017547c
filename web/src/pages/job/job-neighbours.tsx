import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Job } from '../../../../client/src/index';
import { firstPage, useClient } from '../../api/client';
import { formatDuration, plural } from '../../format/quantities';
import { EmptyState } from '../../ui/notices';
import { Answer } from '../../ui/answer';
import { Plot, type PlotSeries } from '../../ui/plot';
import { JobList, type ListedJob } from './job-list';
import { jobKey } from './job-words';

/** Runs that are looked back at, and those of them that are named. */
const LOOKED_AT = 60;
const NAMED = 8;

const FIELDS = [
  ...(['name', 'type', 'externalId', 'state', 'reason', 'terminal'] as const),
  ...(['createdAt', 'startedAt', 'durationMs'] as const),
] as const;

/** Other runs of the same thing: whether this one takes longer than it should, and how the last ones ended. */
export function JobNeighbours({ job }: { job: Job }) {
  const client = useClient();
  const { source, type } = job;
  const answer = useQuery({
    queryKey: [...jobKey(job.id), 'neighbours', source, type],
    queryFn: ({ signal }) =>
      firstPage(
        client.jobs(
          { source: [source], type: [type!], sort: '-createdAt', limit: LOOKED_AT, fields: [...FIELDS] },
          { signal },
        ),
      ),
    enabled: type !== null,
  });
  if (type === null) return null;
  return (
    <section className="panel" aria-labelledby="neighbours">
      <header>
        <h2 id="neighbours">Other runs of it</h2>
        <Link href={`/jobs?source=${source}&type=${encodeURIComponent(type.replaceAll(',', '\\,'))}`}>
          All of them
        </Link>
      </header>
      <Answer
        of={answer}
        what="the other runs"
        lines={5}
        isEmpty={({ data }) => data.length < 2}
        empty={
          <EmptyState title="This is the only run that is known">
            <p className="quiet">A run has the same type on the same source.</p>
          </EmptyState>
        }
      >
        {({ data: jobs }) => (
          <div className="split">
            <Durations job={job} jobs={jobs} />
            <JobList jobs={around(jobs, job.id)} caption="Run" current={job.id} />
          </div>
        )}
      </Answer>
    </section>
  );
}

const SERIES: readonly PlotSeries[] = [
  { label: 'This run', colour: '--violet', kind: 'points' },
  { label: 'Succeeded', colour: '--green', kind: 'points' },
  { label: 'Did not', colour: '--red', kind: 'points', isHollow: true },
  { label: 'Goes on', colour: '--blue', kind: 'points' },
];

function Durations({ job, jobs }: { job: Job; jobs: readonly ListedJob[] }) {
  const { at, values, known } = useMemo(() => pointsOf(job, jobs), [job, jobs]);
  if (known.length === 0)
    return (
      <EmptyState title="Durations are not known">
        <p className="quiet">The platform does not say when these runs started or ended.</p>
      </EmptyState>
    );
  const sorted = known.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)]!;
  const longest = sorted.at(-1)!;
  const words = `Of the last ${plural(known.length, 'run')} the median took ${formatDuration(median)}, the longest ${formatDuration(longest)}.`;
  return (
    <figure className="stack">
      <figcaption>{words}</figcaption>
      <Plot
        summary={`Durations by creation. ${words}`}
        at={at}
        values={values}
        series={SERIES}
        format={formatDuration}
        height={220}
      />
    </figure>
  );
}

function pointsOf(job: Job, jobs: readonly ListedJob[]) {
  const drawn = jobs
    .flatMap((one) => {
      const at = one.createdAt ?? one.startedAt;
      return at === null || one.durationMs === null ? [] : [{ ...one, at: Date.parse(at) }];
    })
    .sort((a, b) => a.at - b.at);
  const series = (fits: (one: ListedJob) => boolean) =>
    drawn.map((one) => (fits(one) ? one.durationMs : null));
  const others = (fits: (one: ListedJob) => boolean) => series((one) => one.id !== job.id && fits(one));
  return {
    at: drawn.map(({ at }) => at),
    values: [
      series(({ id }) => id === job.id),
      others(({ state }) => state === 'succeeded'),
      others(({ state, terminal }) => terminal && state !== 'succeeded'),
      others(({ terminal }) => !terminal),
    ],
    known: drawn.map(({ durationMs }) => durationMs!),
  };
}

/** The newest ones, or those about this one where it is among them. */
function around(jobs: readonly ListedJob[], id: string): ListedJob[] {
  const place = Math.max(
    0,
    jobs.findIndex((job) => job.id === id),
  );
  const first = Math.max(0, Math.min(place - Math.floor(NAMED / 2), jobs.length - NAMED));
  return jobs.slice(first, first + NAMED);
}
