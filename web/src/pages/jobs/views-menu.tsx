import { useState } from 'react';
import { Link } from 'wouter';
import { useStore } from '../../store';
import { Icon } from '../../ui/icons';
import { Menu } from '../../ui/menu';
import { announce } from '../../ui/toasts';
import { GIVEN_VIEWS, removeView, savedViews, saveView } from './saved-views';

/** Views by name: those that everybody wants, and those that were saved in this browser. */
export function ViewsMenu({ search }: { search: string }) {
  const saved = useStore(savedViews);
  return (
    <Menu label="Views" icon="star">
      {(close) => (
        <div className="views">
          <ul>
            {GIVEN_VIEWS.map((view) => (
              <li key={view.name}>
                <Link href={`/jobs?${view.search}`} className="menu-item" onClick={close}>
                  {view.name}
                </Link>
              </li>
            ))}
          </ul>
          {saved.length === 0 ? null : (
            <ul aria-label="Saved in this browser">
              {saved.map((view) => (
                <li key={view.name} className="saved-view">
                  <Link href={`/jobs?${view.search}`} className="menu-item" onClick={close}>
                    {view.name}
                  </Link>
                  <button
                    type="button"
                    className="button button-icon button-quiet"
                    aria-label={`Remove ${view.name}`}
                    onClick={() => removeView(view.name)}
                  >
                    <Icon name="cross" size={12} />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <SaveView search={search} onSaved={close} />
        </div>
      )}
    </Menu>
  );
}

function SaveView({ search, onSaved }: { search: string; onSaved: () => void }) {
  const [name, setName] = useState('');
  return (
    <form
      className="save-view"
      onSubmit={(event) => {
        event.preventDefault();
        const title = name.trim();
        if (title === '') return;
        saveView({ name: title, search });
        announce(`Saved “${title}” in this browser`);
        onSaved();
      }}
    >
      <input
        aria-label="Name for what is shown now"
        placeholder="Save what is shown as…"
        value={name}
        maxLength={80}
        onChange={({ target }) => setName(target.value)}
      />
      <button type="submit" className="button" disabled={name.trim() === ''}>
        Save
      </button>
    </form>
  );
}
