import { createKeptStore, oneOf } from './store';

/** In which zone exact times are written. */
export const zone = createKeptStore('rollcall.zone', 'local', oneOf('local', 'utc'));

/** Whether times are written as an age or exactly; the other is in the tooltip. */
export const timeForm = createKeptStore('rollcall.times', 'age', oneOf('age', 'exact'));

/** `auto`: as the system has it. */
export const theme = createKeptStore('rollcall.theme', 'auto', oneOf('auto', 'light', 'dark'));

export type Zone = 'local' | 'utc';

/** Keeps `data-theme` of the document as chosen. Called once, before anything is painted. */
export function followTheme(): void {
  const apply = () => {
    const chosen = theme.get();
    if (chosen === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = chosen;
  };
  theme.subscribe(apply);
  apply();
}
