import { DateTime } from 'luxon';
import { z } from 'zod';
import { parseDuration } from '../../domain/duration.js';
import { isTimeZone } from '../../domain/timestamps.js';
import { expressionFault } from './expression.js';
import { Template, templateFault } from './template.js';

/** The kinds of values that keys of a manifest take. */

/** One line that a terminal and PostgreSQL can carry. */
export function line(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'must not contain control characters');
}

/** A name that placeholders, attributes and parts of an id go by. */
export const word = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
    'expected letters, digits and underscores, a letter first, at most 63',
  )
  .refine((name) => !['constructor', 'prototype'].includes(name), 'is not a usable name');

export const expression = z
  .string()
  .min(1)
  .max(1_000)
  .check(faultOf(expressionFault))
  .meta({ id: 'expression', description: 'A JMESPath expression, [bounded](#expressions).' });

export const template = z
  .string()
  .max(4_000)
  .check(faultOf(templateFault))
  .meta({ id: 'template', description: 'Text with [placeholders](#placeholders).' });

export const duration = z
  .string({ error: 'expected a duration such as 30s, 10m, 1h, 7d or PT30S' })
  .check(
    faultOf((text) =>
      parseDuration(text) === null ? 'expected a duration such as 30s, 10m, 1h, 7d or PT30S' : null,
    ),
  )
  .meta({ id: 'duration', description: 'A duration such as `30s`, `10m`, `1h` or `PT30S`.' });

export const zone = z
  .string()
  .refine(
    (name) => isTimeZone(name) || /^\{\{options\.[A-Za-z][A-Za-z0-9_]*\}\}$/.test(name),
    'is not an IANA time zone',
  )
  .meta({ id: 'zone', description: 'An IANA time zone, or one option: `{{options.NAME}}`.' });

export const header = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'is not the name of a header')
  .meta({ id: 'header', description: 'The name of a header; case does not count.' });

/** What a path template may not do: leave the base URL, or end early. */
export const path = template.check(faultOf(pathFault)).meta({
  id: 'path',
  description:
    "A path under the source's `baseUrl`, beginning with `/`. What is put in is one segment, or part of one.",
});

/** A luxon pattern that reads back what it writes; a mistake in it would make every record a reject. */
export const pattern = line(60).check(faultOf(patternFault)).meta({
  id: 'pattern',
  description: 'A [luxon pattern](https://moment.github.io/luxon/#/parsing) such as `yyyy/MM/dd HH:mm:ss`.',
});

function pathFault(text: string): string | null {
  if (templateFault(text) !== null) return null;
  if (!text.startsWith('/')) return 'a path begins with /';
  const bare = new Template(text).path({}, () => 'x');
  if (bare.includes('//')) return 'a path has no empty segment';
  if (/[?#]/.test(bare)) return 'a path has no query and no fragment; use query';
  if (/[\\\p{Cc}\s]/u.test(bare)) return 'a path has no backslash and no blank';
  // Once more, for what would be a dot only after somebody on the way has decoded it.
  if (bare.split('/').some((segment) => /^(?:\.|%2e|%252e){1,2}$/i.test(segment)))
    return 'a path has no dot segments';
  if (/%(?:2f|5c|00)/i.test(bare)) return 'a path has no encoded slash, backslash or NUL';
  if (/%(?![0-9a-f]{2})/i.test(bare)) return 'a path has no % that encodes nothing';
  return null;
}

function patternFault(text: string): string | null {
  const sample = DateTime.utc(1999, 2, 3, 14, 15, 16);
  const read = DateTime.fromFormat(sample.toFormat(text), text, { zone: 'utc' });
  return read.isValid && read.hasSame(sample, 'day') ? null : 'is not a pattern that dates can be read by';
}

function faultOf(why: (value: string) => string | null): z.core.CheckFn<string> {
  return ({ value, issues }) => {
    const message = why(value);
    if (message !== null) issues.push({ code: 'custom', message, input: value });
  };
}
