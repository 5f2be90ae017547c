import { jobsOf, pairs, SeenPage, SeenRead, Watched, wholeReads } from './observed.js';
import { Evidence, found, notSeen, notTested, Verdict } from './verdict.js';

/** What the pages of a list do. */
export function pageChecks(watched: Watched): Verdict[] {
  const whole = wholeReads(watched);
  return [
    orderUnstable(whole),
    rowsMissing(whole),
    pageBorders(watched),
    pageSize(watched),
    totalLies(watched, whole),
  ];
}

function orderUnstable(whole: readonly SeenRead[]): Verdict {
  const check = 'order-unstable';
  const compared = pairs(whole).map(([one, next]) => inversionBetween(one, next));
  if (compared.length === 0) return notTested(check, 'fewer than two whole reads came to their end');
  const evidence = compared.filter((inversion) => inversion !== null);
  if (evidence.length === 0) return notSeen(check, compared.length, 'pairs of reads');
  return found(check, {
    summary: `unchanged records stood in another order in ${evidence.length} of ${compared.length} pairs of reads`,
    of: compared.length,
    evidence,
    means:
      'Rows slip from page to page while they are read, so that a poller misses some. Rollcall trusts no absence from such pages; ask the platform for a sort that is unique (`sort=id`).',
  });
}

/** The first two records, unchanged in both reads, that changed places; null when none did. */
function inversionBetween(one: SeenRead, next: SeenRead): Evidence | null {
  const after = jobsOf(next);
  const places = new Map([...after.keys()].map((id, place) => [id, place]));
  const same = [...jobsOf(one).values()].filter(
    ({ externalId, fingerprint }) => after.get(externalId)?.fingerprint === fingerprint,
  );
  const swapped = pairs(same).find(([a, b]) => places.get(a.externalId)! > places.get(b.externalId)!);
  if (swapped === undefined) return null;
  const [a, b] = swapped;
  return { externalId: a.externalId, text: `stood before ${b.externalId}, then behind it, both unchanged` };
}

function rowsMissing(whole: readonly SeenRead[]): Verdict {
  const check = 'rows-missing';
  const middle = whole.slice(1, -1);
  if (middle.length === 0) return notTested(check, 'fewer than three whole reads came to their end');
  const evidence = middle.flatMap((read, index) => {
    const shown = jobsOf(read);
    const later = jobsOf(whole[index + 2]!);
    return [...jobsOf(whole[index]!).keys()]
      .filter((id) => !shown.has(id) && later.has(id))
      .map((externalId): Evidence => ({
        externalId,
        text: `listed before and after the read of ${new Date(read.beganAt).toISOString()}, and not by it (${read.pages.length} pages)`,
      }));
  });
  if (evidence.length === 0) return notSeen(check, middle.length, 'reads between two others');
  return found(check, {
    summary: `${evidence.length} jobs were missing from a read that stood between two that showed them`,
    of: middle.length,
    evidence,
    means:
      'A poller that takes absence for deletion loses jobs that are there. Rollcall believes an absence only where pages joined, and asks the job’s own page where there is one.',
  });
}

function pageBorders(watched: Watched): Verdict {
  const check = 'page-borders';
  const probes = watched.reads.flatMap((read, index) => {
    if (read.kind !== 'probe' || read.cut || read.fault !== null || read.pages.length < 2) return [];
    const before = neighbour(watched.reads.slice(0, index).reverse());
    const after = neighbour(watched.reads.slice(index + 1));
    return before === null || after === null ? [] : [{ read, before, after }];
  });
  if (probes.length === 0) return notTested(check, 'nothing was read in several smaller pages');
  const evidence = probes.flatMap(({ read, before, after }) => {
    const shown = jobsOf(read);
    const later = jobsOf(after);
    const missing = [...jobsOf(before).keys()].filter((id) => !shown.has(id) && later.has(id));
    return [
      ...missing.map((externalId): Evidence => ({
        externalId,
        text: `in no page of ${read.pageSize}; a read in pages of ${before.pageSize} shows it`,
      })),
      // Where jobs come in meanwhile, rows move to the next page by themselves.
      ...(sameIds(before, after) ? repeats(read) : []),
    ];
  });
  const isQuiet = probes.every(({ before, after }) => sameIds(before, after));
  if (evidence.length === 0) return notSeen(check, probes.length, 'reads in smaller pages');
  return found(check, {
    summary: `at the borders of pages ${evidence.length} records were missing or stood twice`,
    of: probes.length,
    evidence,
    possible: !isQuiet,
    means:
      'Offsets or page numbers do not count as they seem to (from 1, or by one less). A poller misses a job at every border; in a manifest check `offset`, `first` and `overlap`.',
  });
}

function neighbour(reads: readonly SeenRead[]): SeenRead | null {
  return wholeReads({ reads })[0] ?? null;
}

/** Unchanged records that two neighbouring pages of one list show. */
function repeats({ pages, pageSize }: SeenRead): Evidence[] {
  return pairs(pages).flatMap(([page, next]) => {
    if (page.list !== next.list) return [];
    const shown = new Map(page.jobs.map(({ externalId, fingerprint }) => [externalId, fingerprint]));
    return next.jobs
      .filter(({ externalId, fingerprint }) => shown.get(externalId) === fingerprint)
      .map(({ externalId }): Evidence => ({
        externalId,
        text: `on two neighbouring pages of ${pageSize}`,
      }));
  });
}

/** Records that the platform answered. */
function sizeOf({ jobs, rejected }: SeenPage): number {
  return jobs.length + rejected;
}

function pageSize({ reads, exchanges }: Watched): Verdict {
  const check = 'page-size';
  const asked = reads.filter(({ kind, fault }) => kind !== 'changes' && fault === null);
  // Only where the size stands in the address is it known to have been asked for.
  const sizes = new Set(exchanges.flatMap(({ query }) => query.map(([, value]) => value)));
  const sized = asked.filter((read) => sizes.has(String(read.pageSize)));
  if (sized.length === 0) return notTested(check, 'requests name no page size');
  const pages = sized.flatMap((read) => read.pages.map((page, index) => ({ read, page, index })));
  const wrong = pages.flatMap(({ read, page, index }): Evidence[] => {
    const got = sizeOf(page);
    const isLast = read.pages[index + 1]?.list !== page.list;
    if (got > read.pageSize)
      return [{ externalId: null, text: `asked for ${read.pageSize}, answered ${got}` }];
    if (got < read.pageSize && !isLast && got > 0 && read.naive)
      return [{ externalId: null, text: `asked for ${read.pageSize}, answered ${got}, and more followed` }];
    return [];
  });
  if (wrong.length === 0) return notSeen(check, pages.length, 'pages');
  return found(check, {
    summary: `${wrong.length} of ${pages.length} pages had another size than was asked for`,
    of: pages.length,
    evidence: wrong,
    means:
      'A poller that steps by the size it asked for skips records or reads them twice, and one that ends at a short page ends too early.',
  });
}

function totalLies({ poll, reads }: Watched, whole: readonly SeenRead[]): Verdict {
  const check = 'total';
  if (poll.historyMs !== null)
    return notTested(check, '`history` leaves jobs out, so that nothing can be counted');
  const claimed = reads.filter(({ total }) => total !== null);
  if (claimed.length === 0)
    return notTested(check, 'the platform claims no total, or no read came to its end');
  const quiet = pairs(whole).filter(([one, next]) => sameIds(one, next) && next.total !== null);
  if (quiet.length === 0) return notTested(check, 'the collection never stood still for two reads');
  const wrong = quiet.filter(([, next]) => countOf(next) !== next.total);
  if (wrong.length === 0) return notSeen(check, quiet.length, 'reads of a collection that stood still');
  return found(check, {
    summary: `the claimed total was wrong in ${wrong.length} of ${quiet.length} reads of a collection that stood still`,
    of: quiet.length,
    evidence: wrong.map(([, next]) => ({
      externalId: null,
      text: `claimed ${next.total}, showed ${countOf(next)} (${new Date(next.beganAt).toISOString()})`,
    })),
    means:
      'A poller that stops at the total misses the rest. Rollcall shows the total and never takes it as proof; in a manifest leave `total` out.',
  });
}

function sameIds(one: SeenRead, next: SeenRead): boolean {
  const a = jobsOf(one);
  const b = jobsOf(next);
  return a.size === b.size && [...a.keys()].every((id) => b.has(id));
}

function countOf(read: SeenRead): number {
  return jobsOf(read).size + read.pages.reduce((sum, { rejected }) => sum + rejected, 0);
}
