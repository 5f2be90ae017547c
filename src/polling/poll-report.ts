import { PollKind } from '../domain/poll-kind.js';
import { PollOutcome } from '../storage/poll.store.js';
import { Health } from '../storage/source-health.js';
import { currentTraceId, Span } from '../tracing/tracer.js';
import { PollRun } from './poll-run.js';

/** Results of a poll in its line of the log and in its trace, beside the kinds of errors: as in `rollcall_polls_total`. */
const OK = 'ok';
const CUT_OFF = 'cut-off';

/** Jobs whose page could not be read, in a line of the log; the rest is counted. */
const MAX_LOGGED_JOBS = 3;

/** Of an id in a log line, characters: platforms set no limit. */
const MAX_LOGGED_ID = 200;

/** What one poll did, for whoever asked for it. */
export interface PollSummary {
  source: string;
  kind: PollKind;
  health: Health;
  reason: string | null;
  error: PollOutcome['error'];
  requests: number;
  records: number;
  discovered: number;
  changed: number;
  rejected: number;
  durationMs: number;
  /** A part of a sweep, which goes on in later polls: its share of the budget, or its time, is spent. */
  suspended: boolean;
}

export function summaryOf(
  run: Pick<PollRun, 'lease' | 'suspended'>,
  outcome: PollOutcome,
  durationMs: number,
): PollSummary {
  const { kind, health, reason, error, requests, records, discovered, changed, rejected } = outcome;
  return {
    source: run.lease.key,
    kind,
    health,
    reason,
    error,
    requests,
    records,
    discovered,
    changed,
    rejected,
    durationMs,
    suspended: run.suspended,
  };
}

/** The one line of the log that every poll has, whatever it met. */
export function lineOf(
  { lease, unreadable }: Pick<PollRun, 'lease' | 'unreadable'>,
  { source, kind, error, ...rest }: PollSummary,
): { msg: string } {
  return {
    ...{ source, kind, result: error?.kind ?? OK, pollId: lease.pollId, ...rest },
    ...(unreadable.length > 0 && {
      unreadable: unreadable.length,
      unreadableJobs: unreadable.slice(0, MAX_LOGGED_JOBS).map(({ externalId, message }) => ({
        externalId: externalId.slice(0, MAX_LOGGED_ID).toWellFormed(),
        message,
      })),
    }),
    ...tracedBy(),
    msg: error === null ? 'polled' : `poll failed: ${error.message}`,
  };
}

/** The line of a poll that came to no result. */
export function cutOffLine(source: string, durationMs: number, why: string): { msg: string } {
  return { ...{ source, result: CUT_OFF, durationMs }, ...tracedBy(), msg: `poll cut off: ${why}` };
}

export function traceResult(span: Span, result: PollSummary | Error): void {
  if (result instanceof Error) {
    span.set({ 'rollcall.poll.result': CUT_OFF });
    span.fail(CUT_OFF);
    return;
  }
  const { kind, error, requests, records, discovered, changed, rejected, suspended } = result;
  span.set({
    'rollcall.poll.kind': kind,
    'rollcall.poll.result': error?.kind ?? OK,
    'rollcall.poll.requests': requests,
    'rollcall.poll.records': records,
    'rollcall.poll.discovered': discovered,
    'rollcall.poll.changed': changed,
    'rollcall.poll.rejected': rejected,
    'rollcall.poll.suspended': suspended,
  });
  if (error !== null) span.fail(error.kind);
}

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** How a line of the log leads to its trace. */
function tracedBy(): { traceId?: string } {
  const traceId = currentTraceId();
  return traceId === null ? {} : { traceId };
}
