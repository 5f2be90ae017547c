import { isTerminal } from '../../domain/job-state.js';
import { isComplete, jobsOf, SeenJob, SeenRead, updatedField, Watched } from './observed.js';
import { Evidence, found, notSeen, notTested, timeText, Verdict } from './verdict.js';

/** A change that two whole reads showed, and whether a read of changes near it did. */
export interface Change {
  before: SeenJob | null;
  after: SeenJob;
  shown: boolean;
}

/** What a read of changes leaves out that whole reads show. */
export function filterChecks(watched: Watched): Verdict[] {
  const check = 'filter-omits';
  if (watched.proof === 'list')
    return [notTested(check, 'every read is of the whole list: there is no filter')];
  const changes = changesOf(watched.reads);
  if (changes.length === 0)
    return [notTested(check, 'nothing changed between two whole reads with reads of changes around them')];
  const omitted = changes.filter(({ shown }) => !shown);
  const byId = omitted.filter(
    ({ before }) => watched.readsById && before !== null && !isTerminal(before.state),
  );
  const lost = omitted.filter((change) => !byId.includes(change));
  const vital = lost.filter(isVital);
  if (lost.length === 0 && byId.length === 0) return [notSeen(check, changes.length, 'changes')];
  if (lost.length === 0)
    return [
      {
        check,
        verdict: 'noted',
        summary: `${byId.length} of ${changes.length} changes were not in a read of changes, all of jobs that were open: these are read by id`,
      },
    ];
  return [
    found(check, {
      summary: `${lost.length} of ${changes.length} changes were in no read of changes, ${vital.length} of them of a state or a new job`,
      of: changes.length,
      evidence: [...vital, ...lost.filter((change) => !isVital(change))].map((change) =>
        evidenceOf(change, watched),
      ),
      possible: vital.length === 0,
      means:
        'A poller that reads only what changed never learns of these. Rollcall learns of them with the next whole read: keep `sweepEvery` short, and `guarantees: { changes: sweep }` in a manifest.',
    }),
  ];
}

/** Changes between whole reads that have a read of changes on both sides of the later one. */
export function changesOf(reads: readonly SeenRead[]): Change[] {
  const changes: Change[] = [];
  let last: number | null = null;
  reads.forEach((read, index) => {
    if (read.kind !== 'whole' || !isComplete(read)) return;
    const between = last === null ? [] : reads.slice(last, index).filter(isChangesRead);
    const behind = reads.slice(index + 1).find(isChangesRead);
    if (last !== null && between.length > 0 && behind !== undefined)
      changes.push(...changesBetween(reads[last]!, read, [...between, behind]));
    last = index;
  });
  return changes;
}

function isChangesRead(read: SeenRead): boolean {
  return read.kind === 'changes' && isComplete(read);
}

function changesBetween(one: SeenRead, next: SeenRead, news: readonly SeenRead[]): Change[] {
  const known = jobsOf(one);
  return [...jobsOf(next).values()].flatMap((after) => {
    const before = known.get(after.externalId) ?? null;
    if (before?.fingerprint === after.fingerprint) return [];
    const shown = news.some((read) =>
      read.pages.some(({ jobs }) =>
        jobs.some(
          ({ externalId, fingerprint }) =>
            externalId === after.externalId && fingerprint !== before?.fingerprint,
        ),
      ),
    );
    return [{ before, after, shown }];
  });
}

/** Another state, or a new job: what nobody may miss. */
function isVital({ before, after }: Change): boolean {
  return before === null || before.state !== after.state || before.finishedAt !== after.finishedAt;
}

function evidenceOf({ before, after }: Change, watched: Watched): Evidence {
  const field = updatedField(after, watched);
  const dated = field === null ? '' : `, ${field} ${timeText(after.evidence[field])}`;
  const what = before === null ? `new, ${after.state}` : `${before.state} → ${after.state}`;
  return { externalId: after.externalId, text: `${what}${dated}` };
}
