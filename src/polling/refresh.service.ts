import { Injectable, Logger } from '@nestjs/common';
import { ReadResult } from '../connectors/connector.js';
import { AuthError, JobGoneError, SourceError } from '../domain/errors.js';
import { FinalRead } from '../domain/final-read.js';
import { Instant, JobAction } from '../domain/job.js';
import { Database } from '../storage/database.js';
import { FinalReadStore } from '../storage/final-read.store.js';
import { JobTarget, JobTargets } from '../storage/job.target.js';
import { Candidate, JobWriter } from '../storage/job.writer.js';
import { RejectStore } from '../storage/reject.store.js';
import { SourceControl } from '../storage/source.control.js';
import { TaskWriter } from '../storage/task.writer.js';
import { fetchOwnPage, OwnPage, storeOwnPage } from './own-page.js';
import { fetchOwnTasks, hasTaskRoute } from './own-tasks.js';
import { SourceRuntime, SourceRuntimes } from './source-runtimes.js';
import { NotPossibleNowError, visit } from './visit.js';

export { type CredentialFacts, NotPossibleNowError } from './visit.js';

/** The platform was asked and does not show this job. That proves nothing yet: only a sweep does. */
export class JobNotShownError extends Error {}

/** Whether the job as stored is what the platform says after the action. */
export type ActionOutcome = 'read-back' | 'accepted';

interface Target extends JobTarget {
  runtime: SourceRuntime;
}

/** What one re-read stored, and what of it is missing. */
type Reread = Pick<Candidate, 'unread'> & Pick<OwnPage, 'incomplete'>;

/** Visits hold no lease: the row's lock and the rule of which record wins keep their writes in order. */
const NO_FENCE = (): Promise<void> => Promise.resolve();

/**
 * Asks a platform about one job, or for an action on it, on behalf of somebody who waits. Takes no lease: what is read enters as a
 * poll's records do, under the row's lock and by the rule of which record wins, and the requests count against the same budget.
 */
@Injectable()
export class RefreshService {
  private readonly log = new Logger('Refresh');
  private readonly targets: JobTargets;
  private readonly stores: { writer: JobWriter; rejects: RejectStore };
  private readonly control: SourceControl;
  private readonly marks: FinalReadStore;
  private readonly tasks: TaskWriter;
  /** Jobs with an action under way in this process. */
  private readonly acting = new Set<string>();

  constructor(
    private readonly runtimes: SourceRuntimes,
    private readonly database: Database,
  ) {
    this.targets = new JobTargets(database);
    this.stores = { writer: new JobWriter(database, runtimes.maxTypes), rejects: new RejectStore(database) };
    this.control = new SourceControl(database);
    this.marks = new FinalReadStore(database);
    this.tasks = new TaskWriter(database);
  }

  /**
   * Re-reads one job upstream now and stores what the platform says: its own page, and then its tasks where they have a route of their
   * own. Where only these cannot be read the refresh has succeeded all the same, and a later poll reads them.
   *
   * @throws NotPossibleNowError, JobNotShownError, SourceError
   */
  async refresh(id: string): Promise<void> {
    const target = await this.find(id);
    await this.visit(target, async (signal) => {
      const read = await this.reread(target, signal);
      if (read !== 'unchanged') await this.readRest(target, read, signal);
    });
  }

  /**
   * Does to a job what its last record allows, exactly once, and reads the outcome back. Where only the reading back fails, the
   * platform has taken the action all the same: the source is made due, and the answer is `accepted`.
   *
   * @throws NotPossibleNowError when the job does not list the action, or another one is under way; JobNotShownError; SourceError
   */
  async act(id: string, action: JobAction): Promise<ActionOutcome> {
    if (this.acting.has(id)) throw new NotPossibleNowError('An action on this job is under way.');
    this.acting.add(id);
    try {
      const target = await this.find(id);
      const send = target.runtime.upstream.session.actions?.[action];
      if (!target.actions.includes(action) || send === undefined)
        throw new NotPossibleNowError(`The job does not list the action ${action} now.`);
      await this.visit(target, (signal) => send(target.externalId, signal));
      return await this.readBack(target, action);
    } finally {
      this.acting.delete(id);
    }
  }

  private async find(id: string): Promise<Target> {
    const target = await this.targets.byId(id);
    if (target === null) throw new NotPossibleNowError('The job is no longer kept.');
    const runtime = this.runtimes.get(target.source);
    if (target.sourceRetired)
      throw new NotPossibleNowError(`The source ${target.source} is retired: nobody asks its platform.`);
    if (runtime === undefined)
      throw new NotPossibleNowError(`The source ${target.source} is not configured in this process.`);
    return { ...target, runtime };
  }

  private async readBack(target: Target, action: JobAction): Promise<ActionOutcome> {
    try {
      await this.visit(target, async (signal) => void (await this.reread(target, signal)));
      return 'read-back';
    } catch (error) {
      // Whoever asked must not take this for a refusal and ask again. The next poll brings the outcome.
      const { source, id } = target;
      this.log.warn({ source, job: id, action, err: error, msg: 'the outcome could not be read back yet' });
      await this.control.requestPoll(source, 'incremental');
      return 'accepted';
    }
  }

  private async reread(target: Target, signal: AbortSignal): Promise<Reread | 'unchanged'> {
    const readAt = await this.database.now();
    const byId = target.runtime.upstream.session.fetchOne !== undefined;
    const reading = byId
      ? await fetchOwnPage(target.runtime, target, readAt, signal)
      : await readList(target, readAt, signal);
    if (reading === 'unchanged') return reading;
    const write = { pollId: null, fence: NO_FENCE };
    const { candidate } = await storeOwnPage(this.stores, target.runtime, reading, readAt, write);
    return { unread: candidate.unread, incomplete: reading.incomplete };
  }

  /** What the record leaves to a request of its own. */
  private async readRest(target: Target, read: Reread, signal: AbortSignal): Promise<void> {
    if (read.incomplete !== undefined) await this.leave(target, 'detail', read.incomplete);
    if (read.unread !== 'tasks' || !hasTaskRoute(target.runtime)) return;
    try {
      await this.readTasks(target, signal);
    } catch (error) {
      if (error instanceof JobGoneError) return;
      if (!(error instanceof SourceError)) throw error;
      await this.leave(target, 'tasks', error);
    }
  }

  private async readTasks({ id: jobId, externalId, runtime }: Target, signal: AbortSignal): Promise<void> {
    const readAt = await this.database.now();
    const tasks = await fetchOwnTasks(runtime, externalId, signal);
    await this.tasks.storeFetched({ jobId, tasks, readAt, markedUntil: readAt }, NO_FENCE);
    runtime.denied.delete('tasks');
  }

  /** Leaves to later polls what could not be read now; what the credential may not read is left to nobody. */
  private async leave({ id, source }: Target, kind: FinalRead, error: SourceError): Promise<void> {
    this.log.warn({ source, job: id, kind, msg: `could not be read with the job: ${error.message}` });
    const isDenied = error instanceof AuthError && error.kind === 'permission';
    if (!isDenied) await this.marks.leave(id, kind);
  }

  private async visit(target: Target, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await visit(target.runtime, target, work);
    } catch (error) {
      if (error instanceof JobGoneError) throw new JobNotShownError(error.message);
      throw error;
    }
  }
}

/** Where a job has no page of its own: one read of the list, as a poll would do it, up to the page that shows the job. */
async function readList(
  { runtime: { upstream, observer }, id, bookmark }: Target,
  readAt: Instant,
  signal: AbortSignal,
): Promise<OwnPage | 'unchanged'> {
  const pages = upstream.session.fetchPages({ kind: 'incremental', bookmark, resume: null, signal });
  let shown = 0;
  let step = await pages.next();
  while (!step.done) {
    const { records, shape } = step.value;
    shown += records.length;
    const sighting = observer.identify(records, shape, readAt).sightings.find((found) => found.id === id);
    if (sighting !== undefined) {
      await pages.return(NOTHING_PROVEN);
      return { sighting, shape, incomplete: undefined };
    }
    step = await pages.next({ settled: true });
  }
  // Shown nothing, and yet every change is known: the list is what the last poll read.
  if (shown === 0 && step.value.provesChanges && !step.value.whole) return 'unchanged';
  throw new JobNotShownError("a read of the platform's list did not show the job");
}

/** The result of a read that is given up because it has shown enough. */
const NOTHING_PROVEN: ReadResult = {
  whole: false,
  provesChanges: false,
  bookmark: null,
  truncated: false,
  upstreamTotal: null,
};
