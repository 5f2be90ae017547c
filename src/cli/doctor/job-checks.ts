import { isTerminal, JobState } from '../../domain/job-state.js';
import { isComplete, jobsOf, pairs, SeenJob, SeenRead, updatedField, Watched } from './observed.js';
import { Evidence, found, notSeen, notTested, timeText, Verdict } from './verdict.js';

/** One job in two reads that followed each other. */
interface Step {
  before: SeenJob;
  after: SeenJob;
}

/** What the jobs themselves do over time. */
export function jobChecks(watched: Watched): Verdict[] {
  const reads = watched.reads.filter((read) => read.kind !== 'changes' && isComplete(read));
  const steps = pairs(reads).flatMap(([one, next]) => stepsBetween(one, next));
  return [
    updatedStandsStill(steps, watched),
    updatedGoesBack(steps, watched),
    stateGoesBack(steps),
    timesChangeAfterEnd(steps),
    idRepeats(reads),
  ];
}

function stepsBetween(one: SeenRead, next: SeenRead): Step[] {
  const after = jobsOf(next);
  return [...jobsOf(one).values()].flatMap((before) => {
    const job = after.get(before.externalId);
    return job === undefined ? [] : [{ before, after: job }];
  });
}

function updatedStandsStill(steps: readonly Step[], watched: Watched): Verdict {
  const check = 'updated-stands-still';
  const moves = steps.filter(({ before, after }) => before.state !== after.state);
  const dated = moves.flatMap((step) => {
    const field = updatedField(step.before, watched);
    return field === null ? [] : [{ ...step, field }];
  });
  if (moves.length === 0) return notTested(check, 'no job changed its state while it was watched');
  if (dated.length === 0)
    return notTested(check, 'records carry no time of their last change that could stand still');
  const still = dated.filter(({ before, after, field }) => after.evidence[field] === before.evidence[field]);
  if (still.length === 0) return notSeen(check, dated.length, 'changes of state');
  return found(check, {
    summary: `${still[0]!.field} did not move in ${still.length} of ${dated.length} changes of state`,
    of: dated.length,
    evidence: still.map(({ before, after, field }) => ({
      externalId: after.externalId,
      text: `${before.state} → ${after.state}, ${field} stayed ${timeText(after.evidence[field])}`,
    })),
    means:
      'A poller that asks for what was updated never learns of these changes. Rollcall learns of them by whole reads, and by reading open jobs by id where the platform lets it.',
  });
}

function updatedGoesBack(steps: readonly Step[], watched: Watched): Verdict {
  const check = 'updated-goes-back';
  const dated = steps.flatMap((step) => {
    const field = updatedField(step.before, watched);
    return field === null || step.after.evidence[field] === undefined ? [] : [{ ...step, field }];
  });
  if (dated.length === 0) return notTested(check, 'no job with a time of its last change was seen twice');
  const back = dated.filter(({ before, after, field }) => after.evidence[field]! < before.evidence[field]!);
  if (back.length === 0) return notSeen(check, dated.length, 'jobs seen again');
  return found(check, {
    summary: `an older record came after a newer one for ${back.length} of ${dated.length} jobs seen again`,
    of: dated.length,
    evidence: back.map(({ before, after, field }) => ({
      externalId: after.externalId,
      text: `${field} ${timeText(before.evidence[field])}, then ${timeText(after.evidence[field])}`,
    })),
    means:
      'Reads come from copies that lag. A poller that takes the last answer shows jobs that jump back; Rollcall keeps the newer record, by its times.',
  });
}

/** How far a job has come; a job that goes on after a pause, or stops, goes back nowhere. */
const RANK: Partial<Record<JobState, number>> = {
  scheduled: 0,
  queued: 1,
  running: 2,
  paused: 2,
  stopping: 2,
};

function stateGoesBack(steps: readonly Step[]): Verdict {
  const check = 'state-goes-back';
  const known = steps.filter(({ before, after }) => before.state !== 'unknown' && after.state !== 'unknown');
  if (known.length === 0) return notTested(check, 'no job with a known state was seen twice');
  const rank = (state: JobState) => RANK[state] ?? 3;
  const back = known.filter(({ before, after }) => rank(after.state) < rank(before.state));
  if (back.length === 0) return notSeen(check, known.length, 'jobs seen again');
  const reopened = back.filter(({ before }) => isTerminal(before.state));
  return found(check, {
    summary:
      reopened.length > 0
        ? `${reopened.length} finished jobs were open again, ${back.length - reopened.length} others went back`
        : `${back.length} jobs went back to an earlier state`,
    of: known.length,
    evidence: back.map(({ before, after }) => ({
      externalId: after.externalId,
      text: `${before.state} → ${after.state} (${before.rawStatus ?? 'no word'} → ${after.rawStatus ?? 'no word'})`,
    })),
    // A retry looks the same as a record that was wrong.
    possible: reopened.length === 0,
    means:
      'A poller that forgets finished jobs never sees the second end. Rollcall takes a move out of a final state only from newer evidence, and makes a transition of it.',
  });
}

const AFTER_END = ['createdAt', 'startedAt', 'finishedAt'] as const;

function timesChangeAfterEnd(steps: readonly Step[]): Verdict {
  const check = 'times-change-after-end';
  const ended = steps.filter(({ before, after }) => isTerminal(before.state) && isTerminal(after.state));
  if (ended.length === 0) return notTested(check, 'no finished job was seen twice');
  const evidence = ended.flatMap(({ before, after }) =>
    AFTER_END.filter((field) => before[field] !== after[field]).map((field): Evidence => ({
      externalId: after.externalId,
      text: `${field} ${timeText(before[field])}, then ${timeText(after[field])}`,
    })),
  );
  if (evidence.length === 0) return notSeen(check, ended.length, 'finished jobs seen again');
  return found(check, {
    summary: `a time of a finished job changed ${evidence.length} times`,
    of: ended.length,
    evidence,
    means:
      'A poller that reads a finished job once keeps the wrong duration. Rollcall takes the change from every whole read, as `job.changed`.',
  });
}

function idRepeats(reads: readonly SeenRead[]): Verdict {
  const check = 'id-repeats';
  if (reads.length === 0) return notTested(check, 'no whole read came to its end');
  const evidence = new Map<string, Evidence>();
  for (const { pages } of reads)
    for (const [id, shown] of byId(pages)) {
      const [first] = shown;
      const twin = shown.find(({ page, job }, index) => index > 0 && isTwin(first!, { page, job }));
      if (twin !== undefined)
        evidence.set(id, {
          externalId: id,
          text: `created ${timeText(first!.job.createdAt)} and ${timeText(twin.job.createdAt)}, ${first!.job.state} and ${twin.job.state}`,
        });
    }
  if (evidence.size === 0) return notSeen(check, reads.length, 'reads');
  return found(check, {
    summary: `${evidence.size} ids stand for more than one record`,
    of: reads.length,
    evidence: [...evidence.values()],
    means:
      'Two jobs under one id overwrite each other, in Rollcall too: the id needs another part (`record.id.parts` of a manifest), or the list shows one job twice.',
  });
}

interface Shown {
  page: number;
  job: SeenJob;
}

function byId(pages: SeenRead['pages']): Map<string, Shown[]> {
  const shown = new Map<string, Shown[]>();
  pages.forEach(({ jobs }, page) => {
    for (const job of jobs) {
      const known = shown.get(job.externalId);
      if (known === undefined) shown.set(job.externalId, [{ page, job }]);
      else known.push({ page, job });
    }
  });
  return shown;
}

/** On one page, a job stands once; across pages it may slip, but was created once. */
function isTwin(one: Shown, other: Shown): boolean {
  if (one.page === other.page) return true;
  return (
    one.job.createdAt !== null && other.job.createdAt !== null && one.job.createdAt !== other.job.createdAt
  );
}
