import { createStore } from '../store';

/** The service's clock less this browser's, milliseconds; what is within a second is the rounding of the `Date` header. */
let offsetMs = 0;

/** Takes the time of an answer. */
export function readServerTime(date: string | null): void {
  const at = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(at)) return;
  const difference = at - Date.now();
  offsetMs = Math.abs(difference) > 1_500 ? difference : 0;
}

/** Now, by the clock of the service: what its times are compared with. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** Moves once a second while somebody looks. */
export const ticks = createStore(serverNow());

setInterval(() => {
  if (document.visibilityState === 'visible') ticks.set(serverNow());
}, 1_000);
document.addEventListener('visibilitychange', () => ticks.set(serverNow()));
