import { Parameter } from '../http/parameter.js';
import { PageParameters } from './page.parameters.js';
import { list, word, words } from './parsers.js';

/** The parameters of `GET /api/v1/jobs/{id}`. */
export class GetJobParameters {
  @Parameter({
    parse: words(['payload']),
    repeatable: true,
    schema: {
      type: 'array',
      items: { type: 'string', enum: ['payload'] },
      description: '`payload` adds the last upstream record of each shape, redacted.',
    },
  })
  include: string[] = [];
}

/** The parameters of `GET /api/v1/rejects`. */
export class ListRejectsParameters extends PageParameters {
  @Parameter({
    parse: list,
    repeatable: true,
    schema: { type: 'array', items: { type: 'string' }, description: 'Source keys, any of them.' },
  })
  source?: string[];
}

/** The parameters of `POST /api/v1/sources/{key}/poll`. */
export class PollParameters {
  @Parameter({
    parse: (values) => word(['true', 'false'])(values) === 'true',
    schema: { type: 'boolean', default: false, description: 'Read the whole collection.' },
  })
  sweep: boolean = false;
}
