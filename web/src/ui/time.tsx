import { ticks } from '../api/clock';
import { formatDuration, formatProgress } from '../format/quantities';
import { formatAge, formatExact, formatShort } from '../format/times';
import { timeForm, zone } from '../preferences';
import { useStore } from '../store';

interface TimeProps {
  /** ISO 8601; null is shown as a dash. */
  at: string | null;
  /** How it came about, when it was not plainly reported: `inferred`, `observed`, `unknown`, `redacted`. */
  provenance?: string | undefined;
  /** Reached by the tab key, so that the exact time shows without a pointer. Off in tables, where `t` shows all of them exactly. */
  focusable?: boolean;
}

/** An instant as an age, exactly on hover and focus; the other way round when the reader has chosen exact times. */
export function Time({ at, provenance, focusable = false }: TimeProps) {
  const now = useStore(ticks);
  const inZone = useStore(zone);
  const form = useStore(timeForm);
  if (at === null) return <span className="none">{provenance ?? '–'}</span>;
  const instant = Date.parse(at);
  const age = formatAge(instant, now);
  const exact = formatExact(instant, inZone);
  const how = provenance === undefined ? '' : ` (${provenance})`;
  return (
    <time
      className="time"
      dateTime={at}
      data-tip={(form === 'age' ? exact : age) + how}
      {...(focusable ? { tabIndex: 0, 'aria-label': `${age}, ${exact}${how}` } : {})}
    >
      {provenance === undefined ? null : <span aria-hidden="true">~</span>}
      {form === 'age' ? age : formatShort(instant, now, inZone)}
    </time>
  );
}

interface DurationProps {
  /** As the service told it; null where there is no start. */
  ms: number | null;
  /** Of a job that still runs: its duration goes on from here, second by second. */
  since?: string | null | undefined;
}

export function Duration({ ms, since }: DurationProps) {
  if (since) return <Running since={since} />;
  return ms === null ? <span className="none">–</span> : <span className="number">{formatDuration(ms)}</span>;
}

function Running({ since }: { since: string }) {
  const elapsed = Math.max(0, useStore(ticks) - Date.parse(since));
  // whole seconds: what ticks should not flicker
  return (
    <span className="number">{formatDuration(Math.max(1_000, Math.floor(elapsed / 1_000) * 1_000))}</span>
  );
}

/** Progress from 0 to 1; null is shown as a dash: it is never made up. */
export function Progress({ value, label }: { value: number | null; label: string }) {
  if (value === null) return <span className="none">–</span>;
  return (
    <span className="progress">
      <progress max={1} value={value} aria-label={label} />
      <span className="number">{formatProgress(value)}</span>
    </span>
  );
}
