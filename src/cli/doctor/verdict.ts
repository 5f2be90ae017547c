export const CHECKS = [
  'updated-stands-still',
  'updated-goes-back',
  'state-goes-back',
  'times-change-after-end',
  'id-repeats',
  'order-unstable',
  'rows-missing',
  'page-borders',
  'page-size',
  'total',
  'filter-omits',
  'clock',
  'conditional',
  'rate-limit',
  'faults',
] as const;
export type CheckName = (typeof CHECKS)[number];

/** What was seen, with the ids and times that show it. */
export interface Evidence {
  externalId: string | null;
  text: string;
}

/**
 * What one check says. `found`: it would break a naive poller. `noted`: worth knowing, breaks nothing. `not-seen`: it was looked for in
 * `of` cases and not met, which is not never. `not-tested`: nothing happened that could have shown it.
 */
export type Verdict = { check: CheckName; summary: string } & (
  | {
      verdict: 'found';
      /** `certain`: seen itself, more than once. `likely`: seen itself, once. `possible`: something else could look the same. */
      confidence: 'certain' | 'likely' | 'possible';
      seen: number;
      of: number;
      evidence: Evidence[];
      /** What it does to a poller that trusts the platform, and what Rollcall does about it. */
      means: string;
    }
  | { verdict: 'noted' | 'not-tested' }
  | { verdict: 'not-seen'; of: number }
);

/** Evidence that is shown of one finding. */
export const MAX_EVIDENCE = 5;

export interface Found {
  summary: string;
  means: string;
  evidence: Evidence[];
  /** Cases that could have shown it. */
  of: number;
  seen?: number;
  possible?: boolean;
}

export function found(check: CheckName, { summary, means, evidence, of, ...rest }: Found): Verdict {
  const seen = rest.seen ?? evidence.length;
  const confidence = rest.possible === true ? 'possible' : seen > 1 ? 'certain' : 'likely';
  return {
    check,
    verdict: 'found',
    confidence,
    seen,
    of,
    summary,
    evidence: evidence.slice(0, MAX_EVIDENCE),
    means,
  };
}

/** @param of the cases, `what` they are */
export function notSeen(check: CheckName, of: number, what: string): Verdict {
  return { check, verdict: 'not-seen', of, summary: `not seen; ${what}: ${of}${atMost(of)}` };
}

export function notTested(check: CheckName, why: string): Verdict {
  return { check, verdict: 'not-tested', summary: why };
}

/** The rule of three: what shows in none of n independent cases is, 19 times in 20, rarer than 3 in n. */
function atMost(cases: number): string {
  return cases < 6 ? ', which says little' : `, so rarer than about one in ${Math.floor(cases / 3)}`;
}

export function timeText(instant: number | null | undefined): string {
  return instant === null || instant === undefined ? 'none' : new Date(instant).toISOString();
}
