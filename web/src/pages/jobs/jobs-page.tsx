import { getCoreRowModel, useReactTable, type SortingState, type Updater } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { writeQuery } from '../../../../client/src/query';
import type { Coverage } from '../../../../client/src/index';
import { API_URL, ProblemError } from '../../api/client';
import { CONFIG } from '../../config';
import { plural } from '../../format/quantities';
import { CopyButton } from '../../ui/copy';
import { Icon } from '../../ui/icons';
import { LiveState } from '../../ui/live-state';
import { EmptyState, ErrorState, LoadingState } from '../../ui/notices';
import { usePageTitle } from '../../ui/page-title';
import { Table } from '../../ui/table';
import { COLUMN_DEFINITIONS } from './columns';
import { ColumnsMenu } from './columns-menu';
import { curlCommand } from '../../format/curl';
import { ExportDialog } from './export-dialog';
import { FilterBar } from './filter-bar';
import type { FilterName } from './filters';
import './jobs.css';
import { questionOf, useJobsCount, useJobsPage } from './jobs.queries';
import { changedIds, MOST_NEW, type Row, withChanges } from './live-rows';
import { useLiveRows } from './use-live-rows';
import { chipText, COLUMNS, LIMITS, readView, type View, withFilters, writeView } from './view';
import { ViewsMenu } from './views-menu';

const NO_ROWS: readonly Row[] = [];

/** The list of jobs. Its address says everything that is shown, so a view is shared by its link, and the back button works. */
export default function JobsPage() {
  const search = useSearch();
  const [, go] = useLocation();
  const view = useMemo(() => readView(search), [search]);
  const [isExporting, setExporting] = useState(false);
  const answer = useJobsPage(view);
  const { data, error, isPlaceholderData, isFetching, dataUpdatedAt, refetch } = answer;
  const count = useJobsCount(view, data !== undefined && !isPlaceholderData);
  const rows = data?.rows ?? NO_ROWS;
  const live = useLiveRows(
    view,
    `${search} ${dataUpdatedAt}`,
    rows,
    isPlaceholderData ? undefined : data?.page.feed,
  );
  const shown = useMemo(() => withChanges(rows, live.changes), [rows, live.changes]);
  const changed = useMemo(() => changedIds(rows, live.changes), [rows, live.changes]);
  const show = (next: View, options?: { replace: boolean }) => go(addressOf(next), options);
  usePageTitle(titleOf(view));

  const table = useReactTable({
    data: shown,
    columns: COLUMN_DEFINITIONS,
    getRowId: ({ id }) => id,
    getCoreRowModel: getCoreRowModel(),
    manualSorting: true,
    enableMultiSort: false,
    enableSortingRemoval: false,
    state: {
      sorting: sortingOf(view),
      columnVisibility: Object.fromEntries(COLUMNS.map((column) => [column, view.columns.includes(column)])),
    },
    onSortingChange: (updater) => show(withSorting(view, updater)),
  });

  return (
    <>
      <div className="page-head">
        <h1>Jobs</h1>
        <Count rows={rows.length} page={count.data} />
        <LiveState state={live.state} />
        <div className="actions">
          <ViewsMenu search={writeView(withFilters(view, view.filters))} />
          <ColumnsMenu
            shown={view.columns}
            onChange={(columns) =>
              show(
                { ...view, columns: COLUMNS.filter((one) => one === 'name' || columns.includes(one)) },
                { replace: true },
              )
            }
          />
          <span className="hide-on-phone">
            <CopyButton
              text={() =>
                curlCommand(
                  `${API_URL}/api/v1/jobs?${writeQuery(questionOf(view))}`,
                  CONFIG.auth === 'tokens',
                )
              }
              label="curl"
              what="the command that asks for the same"
            />
          </span>
          <button type="button" className="button" onClick={() => setExporting(true)}>
            <Icon name="download" />
            Export
          </button>
        </div>
      </div>
      <div className="question">
        <FilterBar view={view} onView={show} suggest={(name) => suggestionsOf(name, rows)} />
        <News
          count={live.changes.others.size}
          hasGap={live.hasGap}
          isFetching={isFetching}
          isFirst={view.cursor === undefined}
          onShow={() => (view.cursor === undefined ? void refetch() : show(withFilters(view, view.filters)))}
        />
      </div>
      <Doubts coverage={data?.coverage ?? null} />
      {error ? <Refusal error={error} view={view} onRetry={() => void refetch()} /> : null}
      {data === undefined && !error ? <LoadingState what="jobs" lines={12} /> : null}
      {data !== undefined && !error ? (
        <div className={isPlaceholderData ? 'is-old' : undefined} aria-busy={isPlaceholderData}>
          {rows.length === 0 ? (
            <Nothing view={view} coverage={data.coverage} />
          ) : (
            <Table table={table} className="jobs-table" caption="Jobs" changed={changed} />
          )}
          <Paging view={view} page={data.page} onView={show} />
        </div>
      ) : null}
      {isExporting ? (
        <ExportDialog view={view} total={count.data?.total ?? null} onClose={() => setExporting(false)} />
      ) : null}
    </>
  );
}

function addressOf(view: View): string {
  const search = writeView(view);
  return search === '' ? '/jobs' : `/jobs?${search}`;
}

function titleOf({ filters }: View): string {
  const said = Object.entries(filters).map(([name, values]) => chipText(name as FilterName, values));
  return said.length === 0 ? 'Jobs' : `Jobs · ${said.join(' · ')}`;
}

/** Without a word in the address the service's own order holds. */
function sortingOf({ sort = '-updatedAt' }: View): SortingState {
  const field = sort.replace('-', '');
  return [{ id: field === 'duration' ? 'durationMs' : field, desc: sort.startsWith('-') }];
}

function withSorting(view: View, updater: Updater<SortingState>): View {
  const [next] = typeof updater === 'function' ? updater(sortingOf(view)) : updater;
  const { sort: _, ...rest } = withFilters(view, view.filters);
  if (next === undefined) return rest;
  const sort = `${next.desc ? '-' : ''}${next.id}`;
  return sort === '-updatedAt' ? rest : { ...rest, sort };
}

/** What the rows on the page have: enough to click on, and nobody has to be asked. */
function suggestionsOf(name: FilterName, rows: readonly Row[]): string[] {
  if (!['source', 'platform', 'type', 'owner', 'reason', 'rawStatus'].includes(name)) return [];
  const values = rows
    .map((row) => row[name as 'source' | 'owner'])
    .filter((value) => typeof value === 'string');
  return [...new Set(values)].sort().slice(0, 20);
}

interface PageMembers {
  total: number | null;
  totalKind: 'none' | 'exact' | 'estimated';
}

function Count({ rows, page }: { rows: number; page: PageMembers | undefined }) {
  if (page?.total == null) return null;
  // an estimate is never less than what everybody can see
  const total = Math.max(page.total, rows);
  return (
    <span className="quiet">
      {page.totalKind === 'estimated' ? 'about ' : ''}
      {plural(total, 'job')}
    </span>
  );
}

/** What is missing from the list because a source cannot be read. */
function Doubts({ coverage }: { coverage: Coverage | null }) {
  const blind = coverage?.degraded.filter(({ health }) => health === 'failing') ?? [];
  if (blind.length === 0) return null;
  return (
    <p className="doubts" role="status">
      <Icon name="eyeOff" />
      <span>
        {blind.length === 1 ? 'One source is blind' : `${plural(blind.length, 'source')} are blind`}: what is
        listed of{' '}
        {blind.slice(0, 5).map(({ source }, place) => (
          <span key={source}>
            {place > 0 ? ', ' : ''}
            <Link href={`/sources/${source}`}>{source}</Link>
          </span>
        ))}
        {blind.length > 5 ? ' …' : ''} may be old.
      </span>
    </p>
  );
}

interface NewsProps {
  count: number;
  hasGap: boolean;
  isFetching: boolean;
  isFirst: boolean;
  onShow: () => void;
}

/** What has come since, offered and never pushed in: rows do not move under the reader's hand. */
function News({ count, hasGap, isFetching, isFirst, onShow }: NewsProps) {
  const words =
    count > 0
      ? `${count >= MOST_NEW ? `${MOST_NEW}+` : count} new or changed`
      : hasGap
        ? 'Changes were missed'
        : isFirst
          ? 'Refresh'
          : 'To the first page';
  return (
    <button
      type="button"
      data-key="refresh"
      className={count > 0 || hasGap ? 'button button-main news' : 'button button-quiet news'}
      disabled={isFetching}
      onClick={onShow}
    >
      <Icon name="refresh" />
      {words}
      {count > 0 || hasGap ? ': show' : ''}
    </button>
  );
}

function Refusal({ error, view, onRetry }: { error: unknown; view: View; onRetry: () => void }) {
  if (view.cursor === undefined) return <ErrorState error={error} onRetry={onRetry} />;
  const isMismatch = error instanceof ProblemError && error.status === 400;
  return (
    <>
      <ErrorState error={error} {...(isMismatch ? {} : { onRetry })} />
      <p>
        <Link href={addressOf(withFilters(view, view.filters))}>Begin at the first page</Link>
      </p>
    </>
  );
}

function Nothing({ view, coverage }: { view: View; coverage: Coverage }) {
  if (Object.keys(view.filters).length > 0)
    return (
      <EmptyState title="No job matches">
        <p>
          <Link href="/jobs">Without filters</Link> every job is listed.
        </p>
      </EmptyState>
    );
  return (
    <EmptyState title="No job yet">
      <p>
        {coverage.completeThrough === null
          ? 'The first read of the sources is under way, or has not gone well.'
          : 'The sources were read, and have none.'}{' '}
        <Link href="/sources">How they are</Link>
      </p>
    </EmptyState>
  );
}

interface PagingProps {
  view: View;
  page: { next: string | null; prev: string | null };
  onView: (view: View) => void;
}

function Paging({ view, page, onView }: PagingProps) {
  const at = (cursor: string) => addressOf({ ...view, cursor });
  return (
    <nav className="paging" aria-label="Pages of the list">
      <label>
        Rows{' '}
        <select
          value={view.limit}
          onChange={({ target }) =>
            onView({ ...withFilters(view, view.filters), limit: Number(target.value) })
          }
        >
          {LIMITS.map((limit) => (
            <option key={limit}>{limit}</option>
          ))}
        </select>
      </label>
      <span className="actions">
        {view.cursor === undefined ? null : (
          <Link href={addressOf(withFilters(view, view.filters))} className="button">
            First
          </Link>
        )}
        <PageLink cursor={page.prev} to={at} keyName="previous">
          <Icon name="left" /> Previous
        </PageLink>
        <PageLink cursor={page.next} to={at} keyName="next">
          Next <Icon name="right" />
        </PageLink>
      </span>
    </nav>
  );
}

interface PageLinkProps {
  cursor: string | null;
  to: (cursor: string) => string;
  keyName: string;
  children: React.ReactNode;
}

function PageLink({ cursor, to, keyName, children }: PageLinkProps) {
  if (cursor === null)
    return (
      <span className="button" aria-disabled="true">
        {children}
      </span>
    );
  return (
    <Link href={to(cursor)} className="button" data-key={keyName}>
      {children}
    </Link>
  );
}
