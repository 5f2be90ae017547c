import type { components, JobState } from '../../../client/src/index';
import { Icon, type IconName } from './icons';

type Health = components['schemas']['Health'];

const STATE_ICONS: Record<JobState, IconName> = {
  scheduled: 'calendar',
  queued: 'clock',
  running: 'play',
  paused: 'pause',
  stopping: 'stop',
  succeeded: 'check',
  failed: 'cross',
  cancelled: 'ban',
  skipped: 'skip',
  missed: 'missed',
  unknown: 'question',
};

const HEALTH_ICONS: Record<Health, IconName> = {
  healthy: 'check',
  degraded: 'warning',
  failing: 'eyeOff',
  paused: 'pause',
  retired: 'ban',
};

/** Every state, those first that somebody may have to do something about. */
export const STATES: readonly JobState[] = [
  ...(['failed', 'missed', 'unknown', 'running', 'stopping', 'paused', 'queued', 'scheduled'] as const),
  ...(['succeeded', 'cancelled', 'skipped'] as const),
];

/** A state as icon and word; the colour only helps. */
export function StateBadge({ state, reason }: { state: JobState; reason?: string | null }) {
  return (
    <span className={`badge state-${state}`}>
      <Icon name={STATE_ICONS[state]} size={14} />
      {state}
      {reason ? <span className="badge-reason">{words(reason)}</span> : null}
    </span>
  );
}

/** A source's health as icon and word. */
export function HealthBadge({ health, reason }: { health: Health; reason?: string | null }) {
  return (
    <span className={`badge health-${health}`}>
      <Icon name={HEALTH_ICONS[health]} size={14} />
      {health}
      {reason ? <span className="badge-reason">{words(reason)}</span> : null}
    </span>
  );
}

export function FreshnessBadge({ freshness }: { freshness: 'fresh' | 'stale' | 'vanished' }) {
  if (freshness === 'fresh') return null;
  return (
    <span
      className={`badge fresh-${freshness}`}
      title={
        freshness === 'stale'
          ? 'Its source was not read for too long: it may be otherwise by now.'
          : 'The platform no longer lists it; how it ended is not known.'
      }
    >
      <Icon name={freshness === 'stale' ? 'clock' : 'eyeOff'} size={14} />
      {freshness}
    </span>
  );
}

/** `timed_out` as people write it. */
function words(reason: string): string {
  return reason.replaceAll('_', ' ');
}
