import { OpenedCursor } from '../../storage/page-cursor.js';
import { Parameter } from '../http/parameter.js';
import { integer, text } from './parsers.js';

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 500;

export function Limit(description: string): PropertyDecorator {
  return Parameter({
    parse: integer(1, MAX_LIMIT),
    schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT, description },
  });
}

export function Cursor(): PropertyDecorator {
  return Parameter({
    parse: text,
    schema: {
      type: 'string',
      description:
        'A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for.',
    },
  });
}

/** What every list takes. */
export class PageParameters {
  @Limit('Rows of a page.')
  limit: number = DEFAULT_LIMIT;

  @Cursor()
  cursor?: string;

  /** What the cursor said; set by the pipe once its signature was checked. */
  opened?: OpenedCursor;
}
