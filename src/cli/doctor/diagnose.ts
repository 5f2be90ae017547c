import { filterChecks } from './filter-checks.js';
import { jobChecks } from './job-checks.js';
import { Watched } from './observed.js';
import { pageChecks } from './page-checks.js';
import { transportChecks } from './transport-checks.js';
import { CHECKS, Verdict } from './verdict.js';

/** What would break a naive poller of this upstream: every check once, in their order. Pure. */
export function diagnose(watched: Watched): Verdict[] {
  const verdicts = [
    ...jobChecks(watched),
    ...pageChecks(watched),
    ...filterChecks(watched),
    ...transportChecks(watched),
  ];
  return CHECKS.map((name) => verdicts.find(({ check }) => check === name)!);
}
