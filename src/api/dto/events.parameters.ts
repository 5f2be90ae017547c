import { ApiProperty } from '@nestjs/swagger';
import { JOB_STATES, JobState, STATE_GROUPS } from '../../domain/job-state.js';
import { isEventCursorShaped } from '../../storage/event-cursor.js';
import { EVENT_TYPES, EventType } from '../../storage/event.log.js';
import { Parameter, ParameterError } from '../http/parameter.js';
import { EventFilterParameters } from './event-filter.parameters.js';
import { AnyOf } from './job-filter.parameters.js';
import { DEFAULT_LIMIT, Limit } from './page.parameters.js';
import { words } from './parsers.js';

const STATE_WORDS = [...JOB_STATES, 'active', 'terminal'] as const;

/** The beginning of the feed that is not yet written. */
export const LATEST = 'latest';

/** Which events are meant, and after which place. The filters are those of a list, of the job as it was just after the change. */
export class EventParameters extends EventFilterParameters {
  @AnyOf('Types of events.', words(EVENT_TYPES), EVENT_TYPES)
  types?: EventType[];

  @AnyOf(
    'States that the job came to, or the groups `active` and `terminal`. Events of sources come to none.',
    (values) => [
      ...new Set(
        words(STATE_WORDS)(values).flatMap((word): readonly JobState[] =>
          word === 'active' || word === 'terminal' ? STATE_GROUPS[word] : [word],
        ),
      ),
    ],
    STATE_WORDS,
  )
  to?: JobState[];

  @Parameter({
    parse: ([value]) => {
      if (value !== LATEST && !isEventCursorShaped(value!))
        throw new ParameterError('is not a cursor that was given out here');
      return value;
    },
    schema: {
      type: 'string',
      description:
        "The cursor after which events are wanted: an event's `id`, `page.next`, or `page.feed` of a list of jobs. `latest`: after all that there are now.",
    },
  })
  after?: string;

  @ApiProperty({
    required: false,
    type: 'boolean',
    enum: [false],
    description: 'Of lists of jobs; here `true` is refused.',
  })
  override latest: boolean = false;

  @ApiProperty({
    required: false,
    type: 'boolean',
    description: 'Of lists of jobs; refused here, where `types=alert.firing,alert.resolved` tells.',
  })
  override overdue?: boolean;
}

/** The parameters of `GET /api/v1/events`. */
export class ListEventsParameters extends EventParameters {
  @Limit(
    'Events of a page. A page may have fewer, and even none, before the feed is at its end: `page.next` goes on.',
  )
  limit: number = DEFAULT_LIMIT;
}
