import { flexRender, type Row, type Table as TableModel } from '@tanstack/react-table';
import { memo } from 'react';
import { Icon } from './icons';

interface TableProps<Data> {
  table: TableModel<Data>;
  className?: string;
  /** What the table is of, for whoever hears it. */
  caption: string;
  /** Ids of rows that changed a moment ago. */
  changed?: ReadonlySet<string>;
}

/**
 * A table of the model's visible rows and columns; a heading sorts where its column can be sorted. A row's `a[data-row]` is what `j`
 * and `k` move to. Where there is no room for columns, each row is a card (styles/table.css).
 */
export function Table<Data>({ table, caption, changed, className = '' }: TableProps<Data>) {
  const columns = table
    .getVisibleLeafColumns()
    .map(({ id }) => id)
    .join();
  return (
    <div className="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table className={`table ${className}`}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                const name = flexRender(header.column.columnDef.header, header.getContext());
                return (
                  <th
                    key={header.id}
                    scope="col"
                    className={`column-${header.column.id}`}
                    {...(sorted === false
                      ? {}
                      : {
                          'aria-sort': sorted === 'desc' ? ('descending' as const) : ('ascending' as const),
                        })}
                  >
                    {header.column.getCanSort() ? (
                      <button
                        type="button"
                        className="sort"
                        onClick={header.column.getToggleSortingHandler()}
                      >
                        {name}
                        {sorted === false ? null : (
                          <Icon name={sorted === 'desc' ? 'down' : 'up'} size={12} />
                        )}
                      </button>
                    ) : (
                      name
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <TableRow
              key={row.id}
              row={row as Row<unknown>}
              columns={columns}
              isChanged={changed?.has(row.id) ?? false}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TableRowProps {
  row: Row<unknown>;
  /** The ids of those that are shown. */
  columns: string;
  isChanged: boolean;
}

/** Rendered again when something of it is different, and not because something else on the page is: cells know their row's data alone. */
const TableRow = memo(
  function TableRow({ row, isChanged }: TableRowProps) {
    return (
      <tr className={isChanged ? 'changed' : undefined} data-id={row.id}>
        {row.getVisibleCells().map((cell) => {
          const { header } = cell.column.columnDef;
          return (
            <td
              key={cell.id}
              className={`column-${cell.column.id}`}
              data-label={typeof header === 'string' ? header : cell.column.id}
            >
              {flexRender(cell.column.columnDef.cell, cell.getContext())}
            </td>
          );
        })}
      </tr>
    );
  },
  (before, after) =>
    before.row.original === after.row.original &&
    before.columns === after.columns &&
    before.isChanged === after.isChanged,
);
