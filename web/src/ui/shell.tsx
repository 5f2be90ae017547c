import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import iconUrl from '../icon.svg';
import { session, signOut } from '../api/session';
import { CONFIG } from '../config';
import { theme, zone } from '../preferences';
import { useStore } from '../store';
import { Icon } from './icons';
import { Keyboard, PLACES } from './keyboard';
import { Toasts } from './toasts';

/** What is around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    // whoever cannot see the page change hears it from its beginning; the window's own place is kept by the browser
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <>
      <a className="skip" href="#main" onClick={() => main.current?.focus()}>
        Skip to the page
      </a>
      {CONFIG.demo ? (
        <aside className="demo" aria-label="Demo">
          <strong>Demo.</strong> Every job here is simulated. <code>rollcall init</code> writes a
          configuration for your own platforms.
        </aside>
      ) : null}
      <header className="top">
        <Link href="/" className="brand">
          <img src={iconUrl} alt="" width="24" height="24" />
          Rollcall
        </Link>
        <nav aria-label="Pages">
          {PLACES.map(({ path: target, name }) => (
            <Link
              key={target}
              href={target}
              {...(isAt(path, target) ? { 'aria-current': 'page' as const } : {})}
            >
              {name}
            </Link>
          ))}
        </nav>
        <div className="top-tools">
          <ZoneSwitch />
          <ThemeSwitch />
          <Keyboard />
          <SignOut />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer className="bottom">
        <span>Rollcall {CONFIG.version}</span>
        <a href={`${CONFIG.basePath}/docs`}>API</a>
        <a href={`${CONFIG.basePath}/openapi.json`}>OpenAPI</a>
      </footer>
      <Toasts />
    </>
  );
}

function isAt(path: string, target: string): boolean {
  return target === '/' ? path === '/' : path === target || path.startsWith(`${target}/`);
}

function ZoneSwitch() {
  const current = useStore(zone);
  const other = current === 'utc' ? 'local' : 'utc';
  return (
    <button
      type="button"
      className="button button-quiet"
      aria-label={`Times are ${NAMES[current]}; show ${NAMES[other]}`}
      title={`Times are ${NAMES[current]} (z)`}
      onClick={() => zone.set(other)}
    >
      <Icon name="clock" />
      {current === 'utc' ? 'UTC' : 'Local'}
    </button>
  );
}

const NAMES = { utc: 'UTC', local: 'local time' };

const THEMES = {
  auto: { icon: 'contrast', next: 'light', name: 'as the system' },
  light: { icon: 'sun', next: 'dark', name: 'light' },
  dark: { icon: 'moon', next: 'auto', name: 'dark' },
} as const;

function ThemeSwitch() {
  const { icon, next, name } = THEMES[useStore(theme)];
  return (
    <button
      type="button"
      className="button button-icon"
      aria-label={`Colours: ${name}; change to ${THEMES[next].name}`}
      title={`Colours: ${name}`}
      onClick={() => theme.set(next)}
    >
      <Icon name={icon} />
    </button>
  );
}

function SignOut() {
  const { token } = useStore(session);
  if (token === null || CONFIG.auth === 'none') return null;
  return (
    <button
      type="button"
      className="button button-icon"
      aria-label="Forget the token"
      title="Forget the token"
      onClick={signOut}
    >
      <Icon name="signOut" />
    </button>
  );
}
