import { JobGoneError } from '../../domain/errors.js';

/** The most of one path segment that is sent, characters; servers refuse far shorter addresses than ids may be long. */
const MAX_LENGTH = 1_024;

/**
 * An upstream's id as one segment of a path. Ids are text of any content: none becomes another path.
 *
 * @throws JobGoneError for an id that can have no page of its own: empty, a dot segment, or too long to be an address
 */
export function pathSegment(id: string): string {
  const segment = encodeURIComponent(id);
  if (id.trim() === '' || /^\.{1,2}$/.test(id) || segment.length > MAX_LENGTH)
    throw new JobGoneError('the platform can have no page for such an id');
  return segment;
}
