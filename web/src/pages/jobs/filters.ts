import type { JobsQuery } from '../../../../client/src/index';

/** The parameters of a list that say which jobs are meant, as the service names them. */
export type FilterName = Exclude<
  keyof JobsQuery,
  'sort' | 'limit' | 'cursor' | 'offset' | 'count' | 'fields'
>;

/** How a filter is entered. `values`, `choices` and `pairs` take several; every other kind takes one. */
export type FilterKind = 'values' | 'choices' | 'pairs' | 'time' | 'duration' | 'fraction' | 'flag' | 'text';

export interface Filter {
  label: string;
  kind: FilterKind;
  /** Where only these words are possible. */
  choices?: readonly string[];
  /** What to write, by an example. */
  hint: string;
  group: 'What' | 'How it is' | 'When' | 'How long' | 'Everything else';
}

/**
 * Every filter of the API, in the order in which they are offered. One that the API gains and this table lacks does not compile.
 */
export const FILTERS: Record<FilterName, Filter> = {
  state: {
    label: 'State',
    kind: 'choices',
    choices: [
      ...[
        'active',
        'terminal',
        'scheduled',
        'queued',
        'running',
        'paused',
        'stopping',
        'succeeded',
        'failed',
      ],
      ...['cancelled', 'skipped', 'missed', 'unknown'],
    ],
    hint: '“active” and “terminal” stand for all open and all finished states',
    group: 'How it is',
  },
  freshness: {
    label: 'Freshness',
    kind: 'choices',
    choices: ['fresh', 'stale', 'vanished'],
    hint: 'How sure we are of what is shown',
    group: 'How it is',
  },
  reason: values('Reason', 'timed_out', 'How it is'),
  rawStatus: values('Status word', 'the platform’s own word', 'How it is'),
  latest: {
    label: 'Latest run only',
    kind: 'flag',
    hint: 'Only the newest job of each source and type',
    group: 'How it is',
  },
  overdue: {
    label: 'Overdue',
    kind: 'flag',
    hint: 'Jobs that take longer than is expected of them',
    group: 'How it is',
  },
  source: values('Source', 'charts', 'What'),
  platform: values('Platform', 'vectorcharts', 'What'),
  type: values('Type', 'what ran', 'What'),
  owner: values('Owner', 'a name', 'What'),
  externalId: values('Platform’s id', 'as the platform writes it', 'What'),
  id: values('Rollcall id', 'a UUID', 'What'),
  parentId: values('Parent', 'the parent’s Rollcall id', 'What'),
  q: { label: 'Words', kind: 'text', hint: 'in name, type, id or error', group: 'What' },
  createdSince: time('Created since'),
  createdUntil: time('Created before'),
  startedSince: time('Started since'),
  startedUntil: time('Started before'),
  finishedSince: time('Finished since'),
  finishedUntil: time('Finished before'),
  updatedSince: time('Updated since'),
  updatedUntil: time('Updated before'),
  changedSince: time('Change seen since'),
  changedUntil: time('Change seen before'),
  minDuration: duration('Ran at least'),
  maxDuration: duration('Ran at most'),
  minProgress: fraction('Progress at least'),
  maxProgress: fraction('Progress at most'),
  label: pairs('Label', 'team:data'),
  attribute: pairs('Attribute', 'packageId:42'),
  filter: {
    label: 'Expression',
    kind: 'text',
    hint: 'state in (failed, missed) and duration > 2h',
    group: 'Everything else',
  },
};

export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];

export const GROUPS: readonly Filter['group'][] = [
  'How it is',
  'What',
  'When',
  'How long',
  'Everything else',
];

/** Whether a filter takes several values. */
export function takesSeveral(name: FilterName): boolean {
  return ['values', 'choices', 'pairs'].includes(FILTERS[name].kind);
}

export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(FILTERS, name);
}

function values(label: string, hint: string, group: Filter['group']): Filter {
  return { label, kind: 'values', hint, group };
}

function pairs(label: string, hint: string): Filter {
  return { label, kind: 'pairs', hint, group: 'Everything else' };
}

function time(label: string): Filter {
  return { label, kind: 'time', hint: '-15m, -7d, or 2026-01-15T10:00:00Z', group: 'When' };
}

function duration(label: string): Filter {
  return { label, kind: 'duration', hint: '30s, 10m, 2h', group: 'How long' };
}

function fraction(label: string): Filter {
  return { label, kind: 'fraction', hint: '0 to 1', group: 'How long' };
}
