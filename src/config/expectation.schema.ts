import { CronExpressionParser } from 'cron-parser';
import { z } from 'zod';
import { isTimeZone } from '../domain/timestamps.js';
import { WebhookFilter } from '../domain/webhook.js';
import { EXPECTATION_KINDS, Expectation, ExpectationKind } from './config.js';
import { SchemaFault, check, nearest, valueAt } from './schema-faults.js';
import { duration } from './schema-words.js';
import { FilterReader } from './webhook-endpoint.schema.js';

const KINDS = EXPECTATION_KINDS;
type Kind = ExpectationKind;

/** What of a list's filter says which jobs are meant, and not how they are: that is what the expectation is about. */
const MATCHED_BY = [
  ...['id', 'source', 'platform', 'type', 'owner', 'externalId', 'parentId'],
  ...['label', 'attribute', 'q', 'filter'],
];

const common = <K extends Kind>(kind: K) => ({
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,62}$/,
      'expected small letters, digits and hyphens, at most 63, no hyphen first',
    ),
  kind: z.literal(kind),
  /** Read by the list's own rules. */
  match: z.record(z.string(), z.unknown()).default({}),
});

const longTime = duration('1s', '400d');
const minimumRuns = z.int().min(1).max(10_000);

const timeZone = z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').default('UTC');

const cron = z.string().refine((text) => {
  try {
    CronExpressionParser.parse(text);
    // seconds are no part of a cadence that is looked at every few of them
    return text.trim().split(/\s+/).length === 5;
  } catch {
    return false;
  }
}, 'expected five fields of cron, such as 30 2 * * 1-5');

/** What a rule of each kind may say. */
export const EXPECTATION_SHAPES = {
  duration: z.strictObject({
    ...common('duration'),
    max: longTime.optional(),
    beyondP95: z.number().gt(1).max(1_000).optional(),
    minimumRuns: minimumRuns.default(20),
  }),
  stuck: z.strictObject({ ...common('stuck'), after: longTime }),
  start: z.strictObject({ ...common('start'), within: longTime }),
  cadence: z.strictObject({
    ...common('cadence'),
    every: longTime.optional(),
    cron: cron.optional(),
    timeZone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').default('UTC'),
    tolerance: duration('0s', '400d').default(600_000),
  }),
  queue: z.strictObject({
    ...common('queue'),
    max: z.int().min(0).max(100_000).optional(),
    for: duration('0s', '30d').default(0),
    growsFor: duration('1m', '30d').optional(),
    growsBy: z.int().min(1).max(100_000).default(10),
  }),
  'success-rate': z.strictObject({
    ...common('success-rate'),
    below: z.number().gt(0).max(1),
    window: duration('1m', '30d').default(86_400_000),
    minimumRuns: minimumRuns.default(20),
  }),
  learned: z.strictObject({ ...common('learned'), minimumRuns: minimumRuns.default(20), timeZone }),
} satisfies Record<Kind, z.ZodType>;

const ANY_KIND = z.looseObject({ name: common('duration').name, kind: z.enum(KINDS) });

/** The most rules of one file: each is a question or two to the database at every evaluation. */
const MAX_RULES = 500;

/**
 * The rules under `alerts`, each checked by its kind; what binds several keys of one together, too.
 * @param sources keys that a rule may name
 */
export function checkExpectations(
  file: unknown,
  sources: readonly string[],
  readFilter: FilterReader,
): { expectations: Expectation[]; faults: SchemaFault[] } {
  const list = valueAt(file, ['alerts']);
  if (!Array.isArray(list)) return { expectations: [], faults: [] };
  const seen = new Set<unknown>();
  const faults: SchemaFault[] =
    list.length > MAX_RULES
      ? [{ path: ['alerts'], at: 'value', message: `must be at most ${MAX_RULES} entries` }]
      : [];
  const expectations = list.flatMap((rule: unknown, index) => {
    const above = ['alerts', index];
    const name = valueAt(rule, ['name']);
    if (typeof name === 'string' && seen.has(name))
      faults.push({ path: [...above, 'name'], at: 'value', message: 'another expectation has this name' });
    seen.add(name);
    const kind = valueAt(rule, ['kind']) as Kind;
    const shape = KINDS.includes(kind) ? EXPECTATION_SHAPES[kind] : ANY_KIND;
    const checked = check(shape as z.ZodType<Values>, rule, above);
    faults.push(...checked.faults);
    if (checked.data === null || shape === ANY_KIND) return [];
    const place = (path: string, message: string, at: 'key' | 'value' = 'value') =>
      faults.push({ path: [...above, ...path.split('.')].filter((step) => step !== ''), at, message });
    for (const [path, message] of between(rule, checked.data)) place(path, message);
    const read = readMatch(checked.data.match, sources, readFilter);
    faults.push(...read.faults.map((fault) => ({ ...fault, path: [...above, 'match', ...fault.path] })));
    return read.filter === null ? [] : [toExpectation(checked.data, read.filter)];
  });
  return { expectations, faults };
}

function readMatch(match: Record<string, unknown>, sources: readonly string[], readFilter: FilterReader) {
  const stray = Object.keys(match).filter((name) => !MATCHED_BY.includes(name));
  const known = Object.fromEntries(Object.entries(match).filter(([name]) => MATCHED_BY.includes(name)));
  const read = readFilter(known);
  const unknown = read.sources.filter((key) => !sources.includes(key));
  const faults: SchemaFault[] = [
    ...stray.map((name): SchemaFault => ({
      path: [name],
      at: 'key',
      message: `says nothing of which jobs are meant; ${nearest(name, MATCHED_BY)}`,
    })),
    ...read.faults,
    ...unknown.map((key): SchemaFault => ({
      path: ['source'],
      at: 'value',
      message: `names a source that there is not; ${nearest(key, sources)}`,
    })),
  ];
  return { filter: read.filter, faults };
}

type Values = { [K in Kind]: z.output<(typeof EXPECTATION_SHAPES)[K]> }[Kind];

/** Where and what; the path is relative to the rule. */
function between(rule: unknown, values: Values): [path: string, message: string][] {
  const stated = (name: string) => valueAt(rule, [name]) !== undefined;
  switch (values.kind) {
    case 'duration':
      return [
        ...exactlyOne(values.max !== undefined, values.beyondP95 !== undefined, 'max', 'beyondP95'),
        ...without(stated('minimumRuns') && values.beyondP95 === undefined, 'minimumRuns', 'beyondP95'),
      ];
    case 'cadence':
      return [
        ...exactlyOne(values.every !== undefined, values.cron !== undefined, 'every', 'cron'),
        ...without(stated('timeZone') && values.cron === undefined, 'timeZone', 'cron'),
        // a source without such a job would be late for ever
        ...(values.match['source'] === undefined
          ? [['match', 'needs source: whose runs are expected'] as [string, string]]
          : []),
      ];
    case 'queue':
      return [
        ...(values.max === undefined && values.growsFor === undefined
          ? [['', 'needs max, or growsFor'] as [string, string]]
          : []),
        ...without(stated('for') && values.max === undefined, 'for', 'max'),
        ...without(stated('growsBy') && values.growsFor === undefined, 'growsBy', 'growsFor'),
      ];
    default:
      return [];
  }
}

function exactlyOne(a: boolean, b: boolean, nameA: string, nameB: string): [string, string][] {
  if (a !== b) return [];
  return [a ? [nameB, `cannot be given together with ${nameA}`] : ['', `needs ${nameA}, or ${nameB}`]];
}

function without(isAlone: boolean, name: string, other: string): [string, string][] {
  return isAlone ? [[name, `says nothing without ${other}`]] : [];
}

function toExpectation(values: Values, match: WebhookFilter): Expectation {
  const { name } = values;
  const own = { name, match };
  switch (values.kind) {
    case 'duration':
      return {
        ...own,
        kind: 'duration',
        maxMs: values.max ?? null,
        beyondP95: values.beyondP95 ?? null,
        minimumRuns: values.minimumRuns,
      };
    case 'stuck':
      return { ...own, kind: 'stuck', afterMs: values.after };
    case 'start':
      return { ...own, kind: 'start', withinMs: values.within };
    case 'cadence':
      return {
        ...own,
        kind: 'cadence',
        everyMs: values.every ?? null,
        cron: values.cron ?? null,
        timeZone: values.timeZone,
        toleranceMs: values.tolerance,
      };
    case 'queue':
      return {
        ...own,
        kind: 'queue',
        max: values.max ?? null,
        forMs: values.for,
        growsForMs: values.growsFor ?? null,
        growsBy: values.growsBy,
      };
    case 'success-rate':
      return {
        ...own,
        kind: 'success-rate',
        below: values.below,
        windowMs: values.window,
        minimumRuns: values.minimumRuns,
      };
    case 'learned':
      return { ...own, kind: 'learned', minimumRuns: values.minimumRuns, timeZone: values.timeZone };
  }
}
