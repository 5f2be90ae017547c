import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../ui/icons';
import { Menu } from '../../ui/menu';
import { FilterEditor } from './filter-editor';
import { FILTER_NAMES, type FilterName, FILTERS, GROUPS } from './filters';
import { chipText, type View, withFilter, withFilters } from './view';

interface FilterBarProps {
  view: View;
  onView: (view: View) => void;
  /** Values that the rows on the page have, to choose from without asking anybody. */
  suggest: (name: FilterName) => readonly string[];
}

/** What is asked for: the words, a chip for each filter, and a menu of those that are not used yet. */
export function FilterBar({ view, onView, suggest }: FilterBarProps) {
  const [edited, setEdited] = useState<FilterName | null>(null);
  const names = FILTER_NAMES.filter((name) => name !== 'q' && view.filters[name] !== undefined);
  const apply = (name: FilterName, values: readonly string[]) => {
    setEdited(null);
    onView(withFilter(view, name, values));
  };
  return (
    <div className="filter-bar">
      <Search
        value={view.filters.q?.[0] ?? ''}
        onChange={(words) => onView(withFilter(view, 'q', words === '' ? [] : [words]))}
      />
      <Menu label="Filter" icon="plus">
        {(close) => (
          <AddFilter
            used={names}
            onChoose={(name) => {
              close();
              if (FILTERS[name].kind === 'flag') apply(name, ['true']);
              else setEdited(name);
            }}
          />
        )}
      </Menu>
      <ul className="chips" aria-label="Filters">
        {names.map((name) => (
          <li key={name} className="chip">
            <button
              type="button"
              className="chip-text"
              title={chipText(name, view.filters[name]!)}
              onClick={() => setEdited(name)}
            >
              {chipText(name, view.filters[name]!)}
            </button>
            <button
              type="button"
              className="chip-remove"
              aria-label={`Remove ${chipText(name, view.filters[name]!)}`}
              onClick={() => apply(name, [])}
            >
              <Icon name="cross" size={12} />
            </button>
          </li>
        ))}
        {names.length > 1 ? (
          <li>
            <button
              type="button"
              className="button button-quiet"
              onClick={() => onView(withFilters(view, {}))}
            >
              Clear all
            </button>
          </li>
        ) : null}
      </ul>
      {edited === null ? null : (
        <FilterEditor
          key={edited}
          name={edited}
          values={view.filters[edited] ?? []}
          suggestions={suggest(edited)}
          onApply={(values) => apply(edited, values)}
          onClose={() => setEdited(null)}
        />
      )}
    </div>
  );
}

/** How long after the last key the words are asked for. */
const TYPING_MS = 300;

function Search({ value, onChange }: { value: string; onChange: (words: string) => void }) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // the back button, a saved view: the address knows better than what was typed
  if (known !== value) {
    setKnown(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const commit = (words: string) => {
    clearTimeout(timer.current);
    if (words.trim() !== value) onChange(words.trim());
  };
  return (
    <form
      role="search"
      className="search"
      onSubmit={(event) => {
        event.preventDefault();
        commit(text);
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        data-search
        aria-label="Words in name, type, id or error"
        placeholder="Name, type, id or error…"
        value={text}
        spellCheck={false}
        onChange={({ target }) => {
          setText(target.value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => commit(target.value), TYPING_MS);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          // a browser would clear it
          event.preventDefault();
          event.currentTarget.blur();
        }}
      />
      <kbd className="hide-on-phone" aria-hidden="true">
        /
      </kbd>
    </form>
  );
}

function AddFilter({
  used,
  onChoose,
}: {
  used: readonly FilterName[];
  onChoose: (name: FilterName) => void;
}) {
  const names = FILTER_NAMES.filter((name) => name !== 'q' && !used.includes(name));
  return (
    <div className="filter-menu">
      {GROUPS.map((group) => {
        const offered = names.filter((name) => FILTERS[name].group === group);
        return offered.length === 0 ? null : (
          <div key={group}>
            <h3>{group}</h3>
            <ul>
              {offered.map((name) => (
                <li key={name}>
                  <button type="button" className="menu-item" onClick={() => onChoose(name)}>
                    {FILTERS[name].label}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </div>
  );
}
