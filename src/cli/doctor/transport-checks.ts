import { Exchange } from '../../preview/exchange-log.js';
import { Watched } from './observed.js';
import { Evidence, found, notSeen, notTested, Verdict } from './verdict.js';

/** A Date header says whole seconds, and a request is under way for a while: less than this is no skew. */
const SKEW_MS = 2_000;

/** What answers say beside their bodies. */
export function transportChecks(watched: Watched): Verdict[] {
  return [clock(watched), conditional(watched), rateLimit(watched), faults(watched)];
}

function clock({ exchanges }: Watched): Verdict {
  const check = 'clock';
  const skews = skewsOf(exchanges);
  if (skews.length === 0)
    return notTested(check, 'answers carry no Date header: how the platform’s clock goes is not known');
  const skew = median(skews);
  if (Math.abs(skew) <= SKEW_MS) return notSeen(check, skews.length, 'answers');
  const text = `${Math.round(Math.abs(skew) / 1_000)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`;
  return found(check, {
    summary: `the platform's clock is ${text}`,
    of: skews.length,
    seen: skews.filter((one) => Math.abs(one) > SKEW_MS).length,
    evidence: [
      { externalId: null, text: `the median of ${skews.length} Date headers: ${Math.round(skew)} ms` },
    ],
    means:
      'A poller that asks for what changed since its own time misses what its clock is ahead by. Rollcall goes by the platform’s times and its Date header.',
  });
}

/** Of each answer, the platform's clock minus ours, milliseconds. */
export function skewsOf(exchanges: readonly Exchange[]): number[] {
  return exchanges.flatMap(({ headers, sentAt, ms }) => {
    const date = Date.parse(headers['date'] ?? '');
    // The header is cut to its second: the middle of that second is the best guess.
    return Number.isNaN(date) || ms === null ? [] : [date + 500 - (sentAt + ms / 2)];
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function conditional({ conditional: answer }: Watched): Verdict {
  const check = 'conditional';
  switch (answer) {
    case 'none-offered':
      return { check, verdict: 'noted', summary: 'lists carry no ETag: every read costs its whole answer' };
    case 'honoured':
      return {
        check,
        verdict: 'noted',
        summary:
          'a list that did not change answers 304: in a manifest, `conditional: { by: etag }` saves its body',
      };
    case 'ignored':
      return found(check, {
        summary: 'lists carry an ETag, and If-None-Match with it is answered with 200 and the same ETag',
        of: 1,
        evidence: [{ externalId: null, text: 'the same request twice, one after the other' }],
        means: 'A poller gains nothing from ETags here; leave `conditional` out.',
      });
    case 'not-asked':
      return notTested(check, 'no list was asked twice without a change in between');
  }
}

const RATE_HEADER = /^(?:x-)?(?:rate-?limit|quota)(?:[-_]|$)|-(?:remaining|limit|reset)$/;

function rateLimit({ exchanges }: Watched): Verdict {
  const check = 'rate-limit';
  const refused = exchanges.filter(({ status }) => status === 429);
  if (refused.length > 0)
    return found(check, {
      summary: `${refused.length} of ${exchanges.length} requests were refused with 429`,
      of: exchanges.length,
      evidence: refused.map(({ headers, sentAt }) => ({
        externalId: null,
        text: `${new Date(sentAt).toISOString()}, ${rateBefore(exchanges, sentAt)} requests in the minute before, Retry-After: ${headers['retry-after'] ?? 'none'}`,
      })),
      means:
        'A poller that asks on is shut out for longer. Rollcall waits as long as it is told; `maxRequestsPerHour` keeps it below.',
    });
  const names = new Set(
    exchanges.flatMap(({ headers }) => Object.keys(headers).filter((name) => RATE_HEADER.test(name))),
  );
  if (names.size > 0) {
    const last = exchanges.findLast(({ headers }) => Object.keys(headers).some((name) => names.has(name)))!;
    const values = [...names].map((name) => `${name}: ${last.headers[name] ?? 'none'}`).join(', ');
    return { check, verdict: 'noted', summary: `answers say what is left: ${values}` };
  }
  return notSeen(check, exchanges.length, 'requests');
}

/** Requests in the minute before. */
export function rateBefore(exchanges: readonly Exchange[], instant: number): number {
  return exchanges.filter(({ sentAt }) => sentAt < instant && sentAt >= instant - 60_000).length;
}

function faults({ reads }: Watched): Verdict {
  const check = 'faults';
  const failed = reads.flatMap(({ fault, beganAt }): Evidence[] =>
    fault === null
      ? []
      : [{ externalId: null, text: `${new Date(beganAt).toISOString()}: ${fault.kind}: ${fault.message}` }],
  );
  if (failed.length === 0) return notSeen(check, reads.length, 'reads');
  return found(check, {
    summary: `${failed.length} of ${reads.length} reads failed`,
    of: reads.length,
    evidence: failed,
    means:
      'A poller that gives up, or takes half of a list for the whole, is wrong until its next read. Rollcall keeps the pages before a fault, trusts no absence, and tries again.',
  });
}
