import { PollConfig } from '../config/config.js';
import { ManifestInput } from '../connectors/http/manifest.schema.js';
import { countOf } from '../domain/count-text.js';
import { Instant, Json } from '../domain/job.js';
import { isTerminal } from '../domain/job-state.js';
import { formatInstant } from '../domain/timestamps.js';
import { RuledJobField } from '../explain/field-rule.js';
import { countUnmapped, Preview, PreviewJob, PreviewPage } from './source-preview.js';

export const TRAPS = [
  'nothing-listed',
  'status-unmapped',
  'id-missing',
  'id-repeats',
  'record-rejected',
  'time-in-future',
  'time-unset',
  'no-updated-time',
  'end-without-time',
  'progress-out-of-range',
  'path-finds-nothing',
  'page-too-long',
  'page-short',
  'total-differs',
  'unordered',
] as const;

/** A trap that a first look shows. */
export interface PreviewWarning {
  trap: (typeof TRAPS)[number];
  message: string;
}

const TIMES = ['createdAt', 'startedAt', 'finishedAt', 'updatedAt'] as const;

/** Clocks differ a little; what is further ahead is no clock. */
const FUTURE_MS = 60_000;

/** Ids that are named in one warning. */
const MAX_NAMED = 5;

/** Places that a field may have in no record at all without anything being wrong: most jobs have no error, and some never start. */
const MAY_BE_ABSENT: ReadonlySet<string> = new Set([
  'scheduledFor',
  'startedAt',
  'finishedAt',
  'error',
  'reason',
  'links',
  'parentId',
]);

/**
 * What of the first pages would trip a poller, or the manifest's author. Pure.
 *
 * @param manifest null for a platform that has a connector of its own: how its lists and records are read is for nobody to change
 */
export function previewWarnings(
  preview: Pick<Preview, 'pages' | 'result' | 'readAt'>,
  manifest: Pick<ManifestInput, 'lists'> | null,
  { pageSize }: Pick<PollConfig, 'pageSize'>,
): PreviewWarning[] {
  const { pages, result, readAt } = preview;
  const jobs = pages.flatMap((page) => page.jobs);
  const rejects = pages.flatMap((page) => page.rejects);
  if (jobs.length + rejects.length === 0) return [nothingListed(result !== null)];
  const advise: Advise = (ofManifest, otherwise = '') => {
    const words = manifest === null ? otherwise : ofManifest;
    return words === '' ? '' : `; ${words}`;
  };
  return [
    ...unmapped(jobs, advise),
    ...rejected(rejects),
    ...repeating(pages, advise),
    ...future(jobs, readAt),
    ...unset(jobs, advise),
    ...undated(jobs, advise),
    ...outOfRange(jobs, advise),
    ...(manifest === null ? [] : nothingThere(jobs)),
    ...(manifest === null ? [] : pageSizes(pages, manifest, pageSize)),
    ...total(
      jobs.length === 0 ? 0 : new Set(idsOf(jobs)).size + rejects.length,
      result?.upstreamTotal ?? null,
    ),
    ...(manifest === null ? [] : unordered(pages)),
  ];
}

/** The end of a message: what in the manifest helps, or where there is none. */
type Advise = (ofManifest: string, otherwise?: string) => string;

function nothingListed(isAll: boolean): PreviewWarning {
  const where = isAll ? 'no list has a record' : 'the first pages have no record';
  return { trap: 'nothing-listed', message: `${where}: nothing can be said of the mapping` };
}

function unmapped(jobs: readonly PreviewJob[], advise: Advise): PreviewWarning[] {
  const overrides = "add it to the source's statusOverrides";
  return countUnmapped(jobs).map(({ status, count }) => ({
    trap: 'status-unmapped',
    message:
      status === null
        ? `${countOf(count, 'record')} without a status: unknown${advise('look at record.status')}`
        : `${JSON.stringify(status)} has no state (${countOf(count, 'record')}): unknown` +
          advise("add it to record.states, or to the source's statusOverrides", overrides),
  }));
}

function rejected(rejects: PreviewPage['rejects']): PreviewWarning[] {
  const nameless = rejects.filter(({ externalId }) => externalId === null);
  const named = rejects.filter(({ externalId }) => externalId !== null);
  return [
    ...(nameless.length === 0
      ? []
      : [
          {
            trap: 'id-missing' as const,
            message: `${countOf(nameless.length, 'record')} without a usable id, rejected: ${nameless[0]!.reasons.join('; ')}`,
          },
        ]),
    ...named.slice(0, MAX_NAMED).map(({ externalId, reasons }) => ({
      trap: 'record-rejected' as const,
      message: `${externalId}: rejected: ${reasons.join('; ')}`,
    })),
  ];
}

function repeating(pages: readonly PreviewPage[], advise: Advise): PreviewWarning[] {
  const repeated = pages.flatMap((page) => twice(idsOf(page.jobs)));
  // Across pages rows may slip, but a job was created once.
  const created = new Map<string, Instant | null>();
  for (const { job } of pages.flatMap((page) => page.jobs)) {
    const known = created.get(job.externalId) ?? null;
    if (known !== null && job.createdAt !== null && known !== job.createdAt) repeated.push(job.externalId);
    created.set(job.externalId, job.createdAt);
  }
  const what = `stands for more than one record${advise('record.id may need parts')}`;
  return warningOf('id-repeats', repeated, what);
}

function future(jobs: readonly PreviewJob[], readAt: Instant): PreviewWarning[] {
  return TIMES.flatMap((field) => {
    const ahead = jobs.filter(({ job }) => (job[field] ?? -Infinity) > readAt + FUTURE_MS);
    const [first] = ahead;
    return first === undefined
      ? []
      : warningOf(
          'time-in-future',
          idsOf(ahead),
          `${field} is in the future (${formatInstant(first.job[field]!)}): a plan or a deadline, another unit, or another time zone`,
        );
  });
}

/** Seconds and milliseconds taken for each other, and zeros, end up here. */
const FIRST_YEARS_END = Date.UTC(1980);

function unset(jobs: readonly PreviewJob[], advise: Advise): PreviewWarning[] {
  return TIMES.flatMap((field) => {
    const early = jobs.filter(({ job }) => (job[field] ?? Infinity) < FIRST_YEARS_END);
    const [first] = early;
    return first === undefined
      ? []
      : warningOf(
          'time-unset',
          idsOf(early),
          `${field} is ${formatInstant(first.job[field]!)}${advise('`unset` names values that mean none, `epoch` the unit')}`,
        );
  });
}

function undated(jobs: readonly PreviewJob[], advise: Advise): PreviewWarning[] {
  const ends = jobs.filter(({ job }) => isTerminal(job.state) && job.finishedAt === null);
  const dated = jobs.some(({ job }) => job.updatedAt !== null);
  return [
    ...(dated || jobs.length === 0
      ? []
      : [
          {
            trap: 'no-updated-time' as const,
            message: 'no record has a time: which of two is newer goes by when it was read',
          },
        ]),
    ...warningOf(
      'end-without-time',
      idsOf(ends),
      `ended, and no time says when${advise('look at record.times.finishedAt')}`,
    ),
  ];
}

function outOfRange(jobs: readonly PreviewJob[], advise: Advise): PreviewWarning[] {
  const noted = jobs.filter(({ fields }) => fields.progress.note !== null);
  const [first] = noted;
  return first === undefined
    ? []
    : warningOf(
        'progress-out-of-range',
        idsOf(noted),
        `progress: ${first.fields.progress.note}${advise('look at its scale')}`,
      );
}

function nothingThere(jobs: readonly PreviewJob[]): PreviewWarning[] {
  const [first] = jobs;
  if (first === undefined) return [];
  const names = (Object.keys(first.fields) as RuledJobField[]).filter((name) => !MAY_BE_ABSENT.has(name));
  return names.flatMap((name) =>
    Object.entries(partsOf(first, name)).flatMap(([part, { path }]): PreviewWarning[] => {
      const isThere = jobs.some((job) => hasValue(partsOf(job, name)[part]?.raw));
      if (path === null || isThere) return [];
      const where = [path].flat().join(', ');
      return [
        {
          trap: 'path-finds-nothing',
          message: `${part}: ${where} leads nowhere in ${countOf(jobs.length, 'record')}`,
        },
      ];
    }),
  );
}

interface Part {
  path: string | readonly string[] | null;
  raw: Json;
}

/** A field by its parts, under their whole names; one without parts is its own. */
function partsOf({ fields }: PreviewJob, name: RuledJobField): Record<string, Part> {
  const { path, raw } = fields[name];
  if (path === null || typeof path === 'string' || Array.isArray(path))
    return { [name]: { path, raw } as Part };
  const raws = (raw ?? {}) as Record<string, Json>;
  return Object.fromEntries(
    Object.entries(path).map(([part, place]) => [
      `${name}.${part}`,
      { path: place as Part['path'], raw: raws[part] ?? null },
    ]),
  );
}

function hasValue(raw: Json | undefined): boolean {
  if (raw === null || raw === undefined) return false;
  return Array.isArray(raw) && raw.length > 0 ? raw.some(hasValue) : true;
}

function pageSizes(
  pages: readonly PreviewPage[],
  { lists }: Pick<ManifestInput, 'lists'>,
  pageSize: number,
): PreviewWarning[] {
  return pages.flatMap((page, index): PreviewWarning[] => {
    const type = lists.find(({ name }) => name === page.list?.split('/')[0])?.pagination.type ?? 'none';
    const size = page.jobs.length + page.rejects.length;
    const isFirst = pages[index - 1]?.list !== page.list;
    const hasMore = pages[index + 1]?.list === page.list;
    if (type === 'none') return [];
    if (size > pageSize)
      return [
        { trap: 'page-too-long', message: `${page.list}: asked for ${pageSize} records, answered ${size}` },
      ];
    // Pages by offset overlap, and show what they share once.
    if (size === 0 || size >= pageSize || !hasMore || (type === 'offset' && !isFirst)) return [];
    return [
      {
        trap: 'page-short',
        message: `${page.list}: asked for ${pageSize} records, answered ${size}, and more followed: a short page is not the end`,
      },
    ];
  });
}

function total(shown: number, claimed: number | null): PreviewWarning[] {
  return claimed === null || claimed === shown
    ? []
    : [{ trap: 'total-differs', message: `the lists claim ${countOf(claimed, 'record')} and show ${shown}` }];
}

function unordered(pages: readonly PreviewPage[]): PreviewWarning[] {
  const lists = new Map<string | null, Instant[]>();
  for (const { list, jobs } of pages)
    lists.set(list, [
      ...(lists.get(list) ?? []),
      ...jobs.flatMap(({ job }) => (job.updatedAt === null ? [] : [job.updatedAt])),
    ]);
  return [...lists].flatMap(([list, times]): PreviewWarning[] => {
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    if (steps.every((step) => step >= 0) || steps.every((step) => step <= 0)) return [];
    const message = `${list ?? 'the list'} is not in the order of its records' last changes: it cannot be read \`by: newest\` of them`;
    return [{ trap: 'unordered', message }];
  });
}

function idsOf(jobs: readonly PreviewJob[]): string[] {
  return jobs.map(({ job }) => job.externalId);
}

function twice(ids: readonly string[]): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

function warningOf(trap: PreviewWarning['trap'], ids: readonly string[], what: string): PreviewWarning[] {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return [];
  const more = distinct.length > MAX_NAMED ? ` and ${distinct.length - MAX_NAMED} more` : '';
  return [{ trap, message: `${distinct.slice(0, MAX_NAMED).join(', ')}${more}: ${what}` }];
}
