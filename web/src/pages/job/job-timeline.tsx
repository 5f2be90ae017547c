import { useQuery } from '@tanstack/react-query';
import type { Job, JobState, Transition } from '../../../../client/src/index';
import { firstPage, useClient } from '../../api/client';
import { ticks } from '../../api/clock';
import { formatDuration, plural } from '../../format/quantities';
import { formatExact } from '../../format/times';
import { zone } from '../../preferences';
import { useStore } from '../../store';
import { StateBadge } from '../../ui/badges';
import { Answer } from '../../ui/answer';
import { EmptyState } from '../../ui/notices';
import { PROVENANCE_WORDS } from '../../ui/provenance';
import { Time } from '../../ui/time';
import { Gantt, type Lane } from './gantt';
import { jobKey } from './job-words';

/** Transitions of one page of the API: a job that has more flaps. */
const MOST = 500;

/** How the job came to its state: as bars, and as a table with what is known of each step. */
export function JobTimeline({ job }: { job: Job }) {
  const client = useClient();
  const answer = useQuery({
    queryKey: [...jobKey(job.id), 'transitions'],
    queryFn: ({ signal }) => firstPage(client.transitions(job.id, { limit: MOST }, { signal })),
  });
  return (
    <section className="panel" aria-labelledby="timeline">
      <header>
        <h2 id="timeline">How it came here</h2>
        {answer.data ? <span className="quiet">{plural(answer.data.data.length, 'step')}</span> : null}
      </header>
      <Answer of={answer} what="the timeline">
        {({ data, page }) => (
          <>
            <Bars job={job} transitions={data} />
            <Steps transitions={data} />
            {page.next === null ? null : (
              <p className="quiet">The oldest {plural(MOST, 'step')} are shown; there are more.</p>
            )}
          </>
        )}
      </Answer>
    </section>
  );
}

/** A job has a moving end while it is open: only this part is drawn again each second. */
function Bars({ job, transitions }: { job: Job; transitions: readonly Transition[] }) {
  const now = useStore(ticks);
  return <Gantt lanes={lanesOf(job, transitions, now)} />;
}

function lanesOf(job: Job, transitions: readonly Transition[], now: number): Lane[] {
  const at = (text: string | null) => (text === null ? null : Date.parse(text));
  const [created, started, finished] = [at(job.createdAt), at(job.startedAt), at(job.finishedAt)];
  const end = job.terminal ? finished : now;
  const platform: Lane = { label: 'As the platform has it', bars: [] };
  const waitedUntil = started ?? (job.terminal || job.state === 'running' ? null : now);
  if (created !== null && waitedUntil !== null && waitedUntil > created)
    platform.bars.push({
      from: created,
      to: waitedUntil,
      words: `waited ${formatDuration(waitedUntil - created)}`,
      state: 'queued',
      isOpen: started === null,
    });
  if (started !== null && end !== null)
    platform.bars.push({
      from: started,
      to: Math.max(started, end),
      words: `${job.terminal ? 'ran' : 'for'} ${formatDuration(Math.max(0, end - started))}`,
      state: job.terminal ? 'running' : job.state,
      isOpen: !job.terminal,
    });
  const seen: Lane = {
    label: 'States',
    bars: transitions.map(({ to, occurredAt }, index) => {
      const from = Date.parse(occurredAt);
      const next = transitions[index + 1];
      const until = next ? Date.parse(next.occurredAt) : job.terminal ? from : now;
      return {
        from,
        to: Math.max(from, until),
        words: until > from ? `${to} ${formatDuration(until - from)}` : to,
        state: to,
        isOpen: !next && !job.terminal,
      };
    }),
  };
  return [platform, seen].filter(({ bars }) => bars.length > 0);
}

function Steps({ transitions }: { transitions: readonly Transition[] }) {
  const inZone = useStore(zone);
  if (transitions.length === 0) return <EmptyState title="Its steps are no longer kept" />;
  return (
    <div className="table-frame" role="region" aria-label="Steps" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">Every change of its state, oldest first</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Platform’s word</th>
            <th scope="col">When</th>
            <th scope="col">Exactly</th>
            <th scope="col">Known by</th>
            <th scope="col">Seen after</th>
          </tr>
        </thead>
        <tbody>
          {transitions.map((step) => (
            <tr key={step.sequence}>
              <td data-label="State">
                <Step from={step.from} to={step.to} reason={step.reason} />
              </td>
              <td data-label="Platform’s word">
                {step.rawStatus === null ? (
                  <span className="none">none</span>
                ) : (
                  <code className="clip" title={step.rawStatus.slice(0, 500)}>
                    <bdi>{step.rawStatus.slice(0, 200)}</bdi>
                  </code>
                )}
              </td>
              <td data-label="When">
                <Time at={step.occurredAt} />
              </td>
              <td data-label="Exactly" className="number">
                {formatExact(Date.parse(step.occurredAt), inZone)}
              </td>
              <td data-label="Known by">
                {step.provenance === null ? 'the platform says so' : PROVENANCE_WORDS[step.provenance]}
              </td>
              <td data-label="Seen after" className="number">
                {formatDuration(Math.max(0, Date.parse(step.observedAt) - Date.parse(step.occurredAt)))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Step({ from, to, reason }: { from: JobState | null; to: JobState; reason: string | null }) {
  return (
    <span className="chips">
      <StateBadge state={to} reason={reason} />
      {from === null ? <span className="quiet">discovered</span> : null}
    </span>
  );
}
