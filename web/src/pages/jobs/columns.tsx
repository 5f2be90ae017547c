import { createColumnHelper } from '@tanstack/react-table';
import { FreshnessBadge, StateBadge } from '../../ui/badges';
import { JobLink, titleOf } from '../../ui/job-link';
import { Duration, Progress, Time } from '../../ui/time';
import type { Row } from './live-rows';
import type { Column } from './view';

const helper = createColumnHelper<Row>();

/** What each column is called. */
export const COLUMN_LABELS: Record<Column, string> = {
  name: 'Job',
  state: 'State',
  source: 'Source',
  platform: 'Platform',
  type: 'Type',
  externalId: 'Platform’s id',
  owner: 'Owner',
  reason: 'Reason',
  rawStatus: 'Status word',
  progress: 'Progress',
  durationMs: 'Duration',
  createdAt: 'Created',
  scheduledFor: 'Planned for',
  startedAt: 'Started',
  finishedAt: 'Finished',
  updatedAt: 'Updated',
  stateChangedAt: 'State since',
  changedAt: 'Change seen',
  firstSeenAt: 'First seen',
  lastSeenAt: 'Last seen',
  freshness: 'Freshness',
  error: 'Error',
  labels: 'Labels',
};

/** What the API can sort by. */
const SORTABLE: readonly Column[] = [
  ...(['durationMs', 'createdAt', 'startedAt', 'finishedAt', 'updatedAt', 'changedAt'] as const),
];

const TIMES = [
  ...(['createdAt', 'scheduledFor', 'startedAt', 'finishedAt', 'updatedAt'] as const),
  ...(['stateChangedAt', 'changedAt', 'firstSeenAt', 'lastSeenAt'] as const),
] as const;

const TEXTS = ['source', 'platform', 'type', 'externalId', 'owner', 'reason', 'rawStatus'] as const;

export const COLUMN_DEFINITIONS = [
  define('name', (job) => (
    <JobLink
      job={{
        ...job,
        name: job.name ?? null,
        type: job.type ?? null,
        externalId: job.externalId ?? job.id,
        links: job.links ?? {},
      }}
    />
  )),
  define('state', ({ state, reason, freshness }) => (
    <span className="state-cell">
      {state ? <StateBadge state={state} reason={reason ?? null} /> : null}
      {freshness ? <FreshnessBadge freshness={freshness} /> : null}
    </span>
  )),
  ...TEXTS.map((name) => define(name, (job) => <Text value={job[name] ?? null} />)),
  define('progress', (job) => (
    <Progress
      value={job.progress ?? null}
      label={`Progress of ${titleOf({ name: job.name ?? null, type: job.type ?? null, externalId: job.id })}`}
    />
  )),
  define('durationMs', (job) => (
    <Duration ms={job.durationMs ?? null} since={job.terminal === false ? job.startedAt : null} />
  )),
  ...TIMES.map((name) =>
    define(name, (job) => <Time at={job[name] ?? null} provenance={job.provenance?.[name]} />),
  ),
  define('freshness', ({ freshness }) =>
    freshness === 'fresh' ? (
      <span className="quiet">fresh</span>
    ) : (
      <FreshnessBadge freshness={freshness ?? 'fresh'} />
    ),
  ),
  define('error', ({ error }) => <Text value={error?.message ?? null} />),
  define('labels', ({ labels }) => (
    <Text
      value={
        Object.entries(labels ?? {})
          .map(([key, value]) => `${key}:${value}`)
          .join(' ') || null
      }
    />
  )),
];

function define(name: Column, cell: (row: Row) => React.ReactNode) {
  return helper.accessor((row) => row[name], {
    id: name,
    header: COLUMN_LABELS[name],
    enableSorting: SORTABLE.includes(name),
    // the newest and the longest are what one looks for first
    sortDescFirst: true,
    cell: ({ row }) => cell(row.original),
  });
}

function Text({ value }: { value: string | null }) {
  if (value === null) return <span className="none">–</span>;
  return (
    <span className="clip" title={value}>
      {value}
    </span>
  );
}
