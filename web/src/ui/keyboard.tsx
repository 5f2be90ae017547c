import { useEffect, useEffectEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { timeForm, zone } from '../preferences';
import { Dialog } from './dialog';

/** After `g`: where each letter leads. */
export const PLACES: readonly { key: string; path: string; name: string }[] = [
  { key: 'o', path: '/', name: 'Overview' },
  { key: 'j', path: '/jobs', name: 'Jobs' },
  { key: 's', path: '/sources', name: 'Sources' },
  { key: 'w', path: '/webhooks', name: 'Webhooks' },
  { key: 'a', path: '/alerts', name: 'Alerts' },
];

const HELP: readonly [string, string][] = [
  ['/', 'Search'],
  ['j  k', 'Next, previous row'],
  ['Enter', 'Open the row'],
  ['n  p', 'Next, previous page'],
  ['r', 'Show what is new'],
  ['t', 'Ages or exact times'],
  ['z', 'UTC or local time'],
  ...PLACES.map(({ key, name }): [string, string] => [`g ${key}`, name]),
  ['?', 'This help'],
  ['Esc', 'Close; leave the search'],
];

/** How long `g` waits for its letter. */
const CHORD_MS = 1_500;

/** Keys that work on every page, and the help that names them. */
export function Keyboard() {
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [, go] = useLocation();
  const [chordAt, setChordAt] = useState(0);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isWriting(event) || document.querySelector('dialog[open]') !== null) return;
    if (event.timeStamp - chordAt < CHORD_MS && chordAt !== 0) {
      setChordAt(0);
      const place = PLACES.find(({ key }) => key === event.key);
      if (place) return go(place.path);
    }
    const action = ACTIONS[event.key];
    if (event.key === 'g') setChordAt(event.timeStamp);
    else if (event.key === '?') setHelpOpen(true);
    else if (action) {
      event.preventDefault();
      action();
    }
  });
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        className="button button-icon hide-on-phone"
        aria-label="Keyboard help"
        title="Keyboard help (?)"
        onClick={() => setHelpOpen(true)}
      >
        <kbd>?</kbd>
      </button>
      {isHelpOpen ? (
        <Dialog title="Keyboard" onClose={() => setHelpOpen(false)}>
          <dl className="keys">
            {HELP.map(([keys, meaning]) => (
              <div key={keys}>
                <dt>
                  {keys.split(/\s+/).map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      ) : null}
    </>
  );
}

const ACTIONS: Record<string, () => void> = {
  '/': () => press('[data-search]'),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  n: () => press('[data-key="next"]'),
  p: () => press('[data-key="previous"]'),
  r: () => press('[data-key="refresh"]'),
  t: () => timeForm.set(timeForm.get() === 'age' ? 'exact' : 'age'),
  z: () => zone.set(zone.get() === 'utc' ? 'local' : 'utc'),
};

/** A text field takes the focus, anything else is clicked; nothing happens where the page has none. */
function press(selector: string): void {
  const element = document.querySelector<HTMLElement>(selector);
  if (element instanceof HTMLInputElement) element.focus();
  else element?.click();
}

function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const target = at === -1 ? (step === 1 ? rows[0] : rows.at(-1)) : rows[at + step];
  target?.focus();
  target?.scrollIntoView({ block: 'nearest' });
}

function isWriting({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  return target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
}
