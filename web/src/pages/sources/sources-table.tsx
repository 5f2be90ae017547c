import {
  createColumnHelper,
  getCoreRowModel,
  getPaginationRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Source } from '../../../../client/src/index';
import { formatCompact, formatCount, formatDuration, plural } from '../../format/quantities';
import { HealthBadge } from '../../ui/badges';
import { Table } from '../../ui/table';
import { Time } from '../../ui/time';
import { NextPoll } from './complete-through';
import { HEALTH_ORDER } from './health-words';
import { JobCounts } from './job-counts';

/** Rows that are drawn before somebody asks for all. */
const FIRST = 100;

const column = createColumnHelper<Source>();

const instant = (at: string | null) => (at === null ? -Infinity : Date.parse(at));

const COLUMNS = [
  column.accessor('key', {
    header: 'Source',
    cell: ({ row: { original: source } }) => (
      <span className="source-cell">
        <Link href={`/sources/${source.key}`} data-row>
          {source.key}
        </Link>
        <span className="quiet clip" title={source.label ?? undefined}>
          <bdi>{source.label ?? source.platform}</bdi>
        </span>
      </span>
    ),
  }),
  column.accessor(({ health }) => HEALTH_ORDER.indexOf(health), {
    id: 'health',
    header: 'Health',
    cell: ({ row: { original: source } }) => (
      <span className="source-cell">
        <span>
          <HealthBadge health={source.health} reason={source.reason} />
        </span>
        {source.health === 'healthy' ? null : (
          <span className="quiet">
            since <Time at={source.since} />
          </span>
        )}
      </span>
    ),
  }),
  column.accessor(({ completeThrough }) => instant(completeThrough), {
    id: 'completeThrough',
    header: 'We know everything up to',
    cell: ({ row: { original: source } }) => (
      <span className="source-cell">
        {source.completeThrough === null ? (
          <span className="none">not known</span>
        ) : (
          <Time at={source.completeThrough} />
        )}
        {source.lagMs === null ? null : (
          <span className="quiet number">lag {formatDuration(source.lagMs)}</span>
        )}
      </span>
    ),
  }),
  column.accessor(({ lastSuccessAt }) => instant(lastSuccessAt), {
    id: 'lastSuccessAt',
    header: 'Last success',
    cell: ({ row: { original: source } }) => (
      <span className="source-cell">
        {source.lastSuccessAt === null ? (
          <span className="none">never</span>
        ) : (
          <Time at={source.lastSuccessAt} />
        )}
        {source.consecutiveFailures === 0 ? null : (
          <span className="quiet">{plural(source.consecutiveFailures, 'failure')} since</span>
        )}
      </span>
    ),
  }),
  column.accessor(({ nextPollAt }) => instant(nextPollAt), {
    id: 'nextPollAt',
    header: 'Next poll',
    cell: ({ row: { original: source } }) => <NextPoll at={source.nextPollAt} />,
  }),
  column.accessor(({ jobs }) => jobs.failed + jobs.missed, {
    id: 'jobs',
    header: 'Jobs',
    cell: ({ row: { original: source } }) => <JobCounts source={source} />,
  }),
  column.accessor('rejects', {
    header: 'Rejects',
    cell: ({ row: { original: source } }) => (
      <Complaint count={source.rejects} href={`/sources/${source.key}#rejects`} />
    ),
  }),
  column.accessor(({ unmappedStatuses }) => unmappedStatuses.length, {
    id: 'unmapped',
    header: 'Unknown words',
    cell: ({ row: { original: source } }) => (
      <Complaint count={source.unmappedStatuses.length} href={`/sources/${source.key}#unmapped`} />
    ),
  }),
  column.accessor('requestsLastHour', {
    header: 'Requests, 1 h',
    cell: ({ getValue }) => <span className="number">{formatCompact(getValue())}</span>,
  }),
];

/** The worst first, until another order is chosen. */
export function SourcesTable({ sources }: { sources: readonly Source[] }) {
  const [sorting, setSorting] = useState<SortingState>([{ id: 'health', desc: false }]);
  const [pageSize, setPageSize] = useState(FIRST);
  const table = useReactTable({
    data: sources as Source[],
    columns: COLUMNS,
    state: { sorting, pagination: { pageIndex: 0, pageSize } },
    onSortingChange: setSorting,
    getRowId: ({ key }) => key,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getPaginationRowModel: getPaginationRowModel(),
  });
  return (
    <div className="sources-table stack">
      <Table table={table} caption="Sources" />
      {sources.length > pageSize ? (
        <p className="actions">
          <span className="quiet">
            {pageSize} of {plural(sources.length, 'source')} are shown, in this order.
          </span>
          <button type="button" className="button" onClick={() => setPageSize(Infinity)}>
            Show all
          </button>
        </p>
      ) : null}
    </div>
  );
}

function Complaint({ count, href }: { count: number; href: string }) {
  if (count === 0) return <span className="none number">0</span>;
  return (
    <Link href={href} className="complaint number">
      {formatCount(count)}
    </Link>
  );
}
