import { Menu } from '../../ui/menu';
import { COLUMN_LABELS } from './columns';
import { type Column, COLUMNS, DEFAULT_COLUMNS } from './view';

interface ColumnsMenuProps {
  shown: readonly string[];
  onChange: (columns: readonly Column[]) => void;
}

/** Which columns are shown; the job's title always is. */
export function ColumnsMenu({ shown, onChange }: ColumnsMenuProps) {
  return (
    <Menu label="Columns" icon="columns">
      {() => (
        <div className="columns-menu">
          {COLUMNS.filter((column) => column !== 'name').map((column) => (
            <label key={column} className="menu-item">
              <input
                type="checkbox"
                checked={shown.includes(column)}
                onChange={({ target }) =>
                  onChange(COLUMNS.filter((one) => (one === column ? target.checked : shown.includes(one))))
                }
              />
              {COLUMN_LABELS[column]}
            </label>
          ))}
          <button type="button" className="menu-item" onClick={() => onChange(DEFAULT_COLUMNS)}>
            As usual
          </button>
        </div>
      )}
    </Menu>
  );
}
