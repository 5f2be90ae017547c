import { Health } from '../../storage/source-health.js';
import { Principal } from '../access/principal.js';

/** What can be asked of a source, by the last part of its route. */
export const SOURCE_ACTIONS = ['poll', 'preview', 'pause', 'resume'] as const;

export type SourceAction = (typeof SOURCE_ACTIONS)[number];

/** Nobody asks the platform of such a source. */
export function isUnpolled(health: Health): boolean {
  return health === 'paused' || health === 'retired';
}

/** What the caller may ask of a source that is so. */
export function actionsOn(
  { enabled, health }: { enabled: boolean; health: Health },
  { scopes }: Pick<Principal, 'scopes'>,
): SourceAction[] {
  const isPossible: Record<SourceAction, boolean> = {
    poll: !isUnpolled(health),
    preview: !isUnpolled(health),
    pause: health !== 'retired',
    resume: health === 'paused' && enabled,
  };
  return scopes.has('sources:act') ? SOURCE_ACTIONS.filter((action) => isPossible[action]) : [];
}
