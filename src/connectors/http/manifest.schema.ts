import { z } from 'zod';
import { ERROR_KINDS } from '../../domain/errors.js';
import { JOB_ACTIONS } from '../../domain/job.js';
import { JOB_STATES } from '../../domain/job-state.js';
import { duration, expression, header, line, path, pattern, template, word, zone } from './manifest.words.js';

/**
 * Shape and bounds of every key of a manifest, with what the reference says of it. What binds several keys together is in
 * `manifest.rules.ts`. Nothing here transforms: what a manifest says is compiled by `manifest.compile.ts`.
 */

/** A mapping with at most so many entries. */
function few<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  key: Key,
  value: Value,
  most: number,
) {
  return z
    .record(key, value)
    .refine((entries) => Object.keys(entries).length <= most, `has at most ${most} entries`);
}

const scalar = z.union([template, z.number(), z.boolean()], {
  error: 'expected text, a number, or true or false',
});

/** Deeper than anything that a platform asks for. */
const MAX_JSON_DEPTH = 20;

const json = z
  .json()
  .refine(
    (value) => depthOf(value, MAX_JSON_DEPTH) <= MAX_JSON_DEPTH,
    `nested deeper than ${MAX_JSON_DEPTH}`,
  );

/** Counts no further than one more than `most`. */
function depthOf(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (most < 0) return 1;
  return (
    1 + Object.values(value).reduce<number>((deepest, item) => Math.max(deepest, depthOf(item, most - 1)), 0)
  );
}

const headers = few(header, template, 30);
const query = few(line(200), scalar, 50);

const request = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    path: path,
    query: query.optional().describe('Parameters. One whose only placeholder has no value is left out.'),
    headers: headers.optional().describe('Beside those of the manifest.'),
    json: json
      .optional()
      .describe(
        'A body, sent as JSON: texts in it are templates. A text that is one placeholder keeps its type (`"{{limit}}"` is a number); without a value its key is left out.',
      ),
    form: few(line(200), template, 50)
      .optional()
      .describe('A body, sent as `application/x-www-form-urlencoded`.'),
  })
  .meta({ id: 'request' });

/** What a filtered read asks for beside the whole one. */
const overlay = z
  .strictObject({
    path: path.optional(),
    query: query.optional().describe("Laid over the whole read's."),
    json: json.optional().describe("In place of the whole read's."),
    form: few(line(200), template, 50).optional().describe("Laid over the whole read's."),
  })
  .meta({ id: 'overlay', description: "What differs from the list's `request`; knows `{{since}}`." });

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('Nothing is sent.') }),
  z.strictObject({
    type: z.literal('bearer').describe('`Authorization: Bearer …`'),
    token: template.default('{{auth.token}}'),
  }),
  z.strictObject({
    type: z.literal('basic').describe('HTTP Basic'),
    username: template.default('{{auth.username}}'),
    password: template.default('{{auth.password}}').describe('May be empty: `""`.'),
  }),
  z.strictObject({
    type: z.literal('header').describe('Headers with the credential in them'),
    headers: few(header, template, 10),
  }),
  z.strictObject({
    type: z.literal('query').describe('Parameters with the credential in them'),
    allowQueryAuth: z
      .literal(true, {
        error: 'must be true: a credential in an address ends up in the logs of whatever is on the way',
      })
      .describe('Says aloud that the credential may stand in addresses, and so in logs on the way.'),
    query: few(line(200), template, 10),
  }),
  z.strictObject({
    type: z
      .literal('oauth2')
      .describe('OAuth 2 client credentials; renewed before the token ends, and once when it is refused'),
    tokenUrl: z
      .union([z.literal('{{auth.tokenUrl}}'), path])
      .describe(
        'A path of the platform; or `{{auth.tokenUrl}}`: the source names the address, which may be another host.',
      ),
    clientId: template.default('{{auth.clientId}}'),
    clientSecret: template.default('{{auth.clientSecret}}'),
  }),
  z.strictObject({
    type: z.literal('session').describe('A login whose answer holds what further requests are sent with'),
    login: request,
    session: expression.describe("Where in the login's answer the session stands."),
    expiresIn: expression
      .optional()
      .describe('Where in it its life stands, seconds. Without: used until it is refused.'),
    headers: few(header, template, 10).describe('What requests carry: knows `{{session}}`.'),
    logout: request.optional().describe('Sent when the process ends.'),
  }),
]);

const option = z.strictObject({
  description: line(300).optional(),
  default: z
    .union([line(500), z.array(line(500)).min(1).max(50)])
    .optional()
    .describe('Without one the source has to give it.'),
  values: z.array(line(500)).min(1).max(50).optional().describe('The only texts that are allowed.'),
  list: z.boolean().default(false).describe('Takes a list of texts, for `each`.'),
});

const each = few(
  word,
  z.union([z.array(line(200)).min(1).max(50), z.strictObject({ option: word })], {
    error: 'expected a list of texts, or { option: NAME }',
  }),
  3,
);

const total = expression
  .optional()
  .describe('Where the answer says how many records there are. Shown; alone it proves nothing.');
const more = expression
  .optional()
  .describe('Whether more follows: a true value says so, `false` ends the list.');
const stable = z
  .boolean()
  .default(false)
  .describe(
    'Records never move between pages while they are read (a cursor over a fixed order). Without it, and without a total that stays and is reached, a list of several pages proves no absence.',
  );
const maxPages = z
  .int()
  .min(1)
  .max(100_000)
  .default(10_000)
  .describe('More are not read; the read is then `truncated`.');

const pagination = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('The whole list is one answer'), total }),
  z.strictObject({
    type: z
      .literal('offset')
      .describe(
        '`{{offset}}` counts records from 0; neighbouring pages overlap, so that what slips between them shows',
      ),
    total,
    more,
    overlap: z
      .int()
      .min(0)
      .max(50)
      .optional()
      .describe('Records that neighbouring pages share: 10, or half of a small page. 0 proves no absence.'),
    ends: z
      .array(z.enum(['short-page', 'total']))
      .default([])
      .describe(
        'What ends the list beside a page with nothing new on it: a page with fewer records than asked for, unless `more` is true (not where the platform may lower the limit), the end of `total`.',
      ),
    maxOffset: z.int().min(1).max(1_000_000_000).optional().describe('The platform reads no further.'),
    maxPages,
  }),
  z.strictObject({
    type: z.literal('page').describe('`{{page}}` counts pages'),
    first: z
      .union([z.literal(0), z.literal(1)])
      .default(1)
      .describe('The number of the first page.'),
    total,
    more,
    pages: expression.optional().describe('Where the answer says how many pages there are: ends the list.'),
    ends: z
      .array(z.enum(['short-page']))
      .default([])
      .describe('What ends the list beside an empty page.'),
    stable,
    maxPages,
  }),
  z.strictObject({
    type: z.literal('cursor').describe('`{{cursor}}` goes on where the page before says'),
    next: expression.describe('Where the answer holds the next cursor; null or empty text ends the list.'),
    total,
    more,
    stable,
    maxPages,
  }),
  z.strictObject({
    type: z.literal('next').describe("The answer holds the next page's address"),
    next: expression.describe(
      "Where it stands: absolute on the source's own host, or relative. Another host is refused.",
    ),
    total,
    stable,
    maxPages,
  }),
  z.strictObject({
    type: z
      .literal('link')
      .describe('A `Link` header (RFC 8288) with `rel="next"` holds the next page\'s address'),
    total,
    stable,
    maxPages,
  }),
]);

const timeFormat = {
  epoch: z
    .enum(['s', 'ms', 'us'])
    .optional()
    .describe(
      'What a number means. Without it a number is refused: seconds and milliseconds are never told apart by size.',
    ),
  pattern: pattern.optional().describe('How a text is written, where it is not ISO 8601.'),
  zone: zone.optional().describe('The zone of text that names none; without it such a text is refused.'),
  ignoreOffset: z
    .boolean()
    .optional()
    .describe('Every text shows the clock of `zone`, whatever zone it claims.'),
  unset: z
    .array(z.union([z.number(), z.string().max(100)]))
    .max(10)
    .optional()
    .describe('Values that mean that there is no time, such as 0.'),
};

const STATE_WORDS = [...JOB_STATES, 'terminal', 'active'] as const;
const when = z.array(z.enum(STATE_WORDS)).min(1);

const time = z
  .union(
    [
      expression,
      z.strictObject({
        from: expression.optional(),
        when: when
          .optional()
          .describe(
            'Only in these states. Elsewhere the value is a plan or a deadline, and no time of the job.',
          ),
        inferred: z
          .boolean()
          .default(false)
          .describe('Says that this is not plainly that time: provenance `inferred`.'),
        observed: z
          .literal(true)
          .optional()
          .describe('In place of `from`: when we saw it so; provenance `observed`.'),
        ...timeFormat,
      }),
    ],
    { error: 'expected an expression, or a mapping with from' },
  )
  .meta({
    id: 'time',
    description: 'A time of the job: an expression, or one with its own format and states.',
  });

const times = z.union([time, z.array(time).min(1).max(5)], {
  error: 'expected an expression, a mapping with from, or a list of them',
});

const externalId = z
  .union(
    [
      expression,
      z.strictObject({
        parts: few(word, expression, 5).describe(
          'Named, in order. Joined with `/`, each encoded, so that no two jobs become one.',
        ),
      }),
    ],
    { error: 'expected an expression, or { parts }' },
  )
  .meta({
    id: 'id',
    description:
      "The platform's own id: an expression, or parts that make it up where an id is unique only within something.",
  });

const stateRule = z.union(
  [
    z.enum(JOB_STATES),
    z.strictObject({ state: z.enum(JOB_STATES), reason: line(200).nullable().default(null) }),
  ],
  { error: `expected one of ${JOB_STATES.join(', ')}, or { state, reason }` },
);

const progress = z
  .union(
    [
      z.strictObject({
        from: expression,
        scale: z
          .enum(['fraction', 'percent', 'text'])
          .describe('0 to 1; 0 to 100; or text: `45%`, `3/10`, `3 of 10`.'),
      }),
      z.strictObject({ done: expression, total: expression }),
    ],
    { error: 'expected { from, scale }, or { done, total }' },
  )
  .meta({ id: 'progress', description: 'How far a job is. Nothing of nothing is no progress.' });

const attribute = z.union(
  [
    expression,
    z.strictObject({
      from: expression,
      time: z
        .boolean()
        .default(false)
        .describe(
          'A time: shown as ISO 8601, in the format of `times`. Counts as no evidence of which record is newer.',
        ),
      volatile: z.boolean().default(false).describe('A change of it alone is no change of the job.'),
    }),
  ],
  { error: 'expected an expression, or a mapping with from' },
);

const record = z.strictObject({
  id: externalId,
  type: expression.optional().describe('What ran: the same for every run of the same thing.'),
  name: expression.optional().describe('The title of this run; the type where there is none.'),
  status: z
    .union([expression, z.array(expression).min(2).max(3)], {
      error: 'expected an expression, or a list of two or three',
    })
    .describe(
      "The platform's word; or two or three, joined with `/`, where one alone does not say it: `completed/failure`. A part that is null is left out.",
    ),
  states: few(z.string().max(300), stateRule, 300).describe(
    'Word → state, or `{ state, reason }`. Case does not count. A word that is not here is `unknown`, and is counted.',
  ),
  reason: z
    .strictObject({
      from: expression,
      table: few(z.string().max(200), line(200), 200).describe(
        "The platform's word → the reason. What is not here is no reason.",
      ),
    })
    .optional()
    .describe('The reason, where the rule of the state gives none.'),
  times: z
    .strictObject({
      ...timeFormat,
      createdAt: times.optional(),
      scheduledFor: times.optional().describe('A planned start. Never evidence of which record is newer.'),
      startedAt: times.optional(),
      finishedAt: times.optional().describe('Of jobs that have ended, unless `when` says otherwise.'),
      updatedAt: times.optional().describe('Any further time of the job; the latest of all is `updatedAt`.'),
    })
    .prefault({})
    .describe(
      'Each time: one, or several of which the first that is there counts. A time that is there and cannot be read makes the record a reject.',
    ),
  progress: z
    .union([progress, z.array(progress).min(1).max(5)], {
      error: 'expected { from, scale }, { done, total }, or a list of them',
    })
    .optional()
    .describe('One, or several of which the first that can be read counts.'),
  owner: expression.optional(),
  parent: externalId.optional().describe('The id of the job that this one belongs to, in the form of `id`.'),
  error: z
    .strictObject({
      message: expression.describe('Without a message there is no error.'),
      code: expression.optional(),
      details: expression.optional().describe('Any value; kept up to 8 KiB.'),
      when: when.optional().describe('Only in these states.'),
    })
    .optional(),
  links: z
    .strictObject({
      self: expression.optional(),
      html: expression.optional(),
      log: expression.optional(),
      hosts: z
        .array(line(255))
        .max(10)
        .default([])
        .describe("Hosts beside the source's own whose links are shown. They are never called."),
    })
    .optional()
    .describe("https only, on the source's host or a named one; a query is cut off."),
  attributes: few(word, attribute, 50)
    .default({})
    .describe("The platform's own facts, by the names that jobs show them under."),
  absent: z
    .enum(['keep', 'none'])
    .default('keep')
    .describe(
      'What a plain path means that leads nowhere: that this record does not say (`keep`), or that there is none (`none`: the platform leaves keys out in place of null).',
    ),
});

const list = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected small letters, digits and hyphens')
    .describe('Names it in messages.'),
  each: each
    .optional()
    .describe(
      'One list for every value: `{ status: [active, failed] }` or `{ queue: { option: queues } }`, two or three of them for every combination, 50 lists at most. Known as `{{each.NAME}}`.',
    ),
  request: request,
  records: expression.describe('Where in the answer the records are: a list; with `key`, a mapping.'),
  key: line(200)
    .optional()
    .describe('The records are the values of a mapping: each gets its key under this name.'),
  fields: few(line(200), template, 20)
    .optional()
    .describe(
      'Put into every record, over what it has: what only the list knows. Knows `each` and `options`.',
    ),
  add: few(line(200), expression, 20)
    .optional()
    .describe('Put into every record: what the answer says beside its records.'),
  merge: z
    .strictObject({
      from: expression.describe('Where in the answer a mapping by id is.'),
      by: expression.describe('Of a record: the key in that mapping.'),
      into: line(200).describe('The name in the record that what is found there goes under.'),
    })
    .optional()
    .describe('More about each record, from a mapping beside the list.'),
  pagination: pagination.prefault({ type: 'none' }),
  incremental: z
    .discriminatedUnion('by', [
      z.strictObject({
        by: z.literal('filter').describe('The platform gives only what changed since `{{since}}`'),
        request: overlay,
        time: expression.describe(
          'Of a record: the time that the filter is about. The latest is where the next read begins, less `poll.overlap`.',
        ),
        format: z
          .enum(['iso', 'iso-seconds', 'epoch-s', 'epoch-ms'])
          .default('iso')
          .describe('How `{{since}}` is written.'),
      }),
      z.strictObject({
        by: z
          .literal('newest')
          .describe(
            'The list is sorted newest first: it is read until a page shows nothing new and nothing open',
          ),
        time: expression.describe(
          'Of a record: the time that it is sorted by. Watched: a list out of order proves nothing.',
        ),
      }),
    ])
    .optional()
    .describe('How to read only what may have changed. Without it every poll reads this list whole.'),
  conditional: z
    .discriminatedUnion('by', [
      z.strictObject({
        by: z
          .literal('etag')
          .describe('`If-None-Match`, else `If-Modified-Since`, with what the answer before carried'),
      }),
      z.strictObject({
        by: z.literal('parameter').describe('A parameter with the time of the answer before'),
        parameter: line(200),
        format: z.enum(['iso', 'iso-seconds', 'epoch-s', 'epoch-ms']),
        clock: z
          .enum(['upstream', 'ours'])
          .default('upstream')
          .describe("Whose time: the answer's `Date`; or, for platforms that send none, ours."),
        margin: duration.default('60s').describe('So much is taken off.'),
        recheck: duration.default('10m').describe('After so long the list is read unconditionally once.'),
      }),
    ])
    .optional()
    .describe(
      'Asks only for what is not known yet: a 304 says that the list is as it was, and counts as that list, read again. Lists of one answer only.',
    ),
  empty: z
    .array(z.int().min(200).max(499))
    .max(5)
    .default([])
    .describe('Statuses that mean that the list is empty.'),
});

const one = z.strictObject({
  request: request.describe('Knows `{{id}}`, and `{{id.PART}}` of an id of parts.'),
  record: expression
    .default('@')
    .describe(
      'Where in the answer the record is; of a list, the one with this id. An empty list says that there is no such job.',
    ),
  fields: few(line(200), template, 20)
    .optional()
    .describe('Put into the record, over what it has. Knows `id` and `options`.'),
  id: externalId.optional().describe('Where its id is, where that differs from `record.id`.'),
  add: few(line(200), expression, 20)
    .optional()
    .describe('Put into the record: what the answer says beside it.'),
  shape: z
    .enum(['list', 'detail'])
    .default('detail')
    .describe(
      '`list`: the record is the same as in the list. `detail`: it may lack what the list has, and what it lacks stays as it was.',
    ),
  absent: z.enum(['keep', 'none']).optional().describe('As in `record`; its value where left out.'),
  gone: z
    .array(z.int().min(400).max(599))
    .max(5)
    .default([404, 410])
    .describe('Statuses that say that there is no such job.'),
});

const KINDS = [...ERROR_KINDS, 'gone', 'renew'] as const;
const errorRule = z.strictObject({
  status: z
    .array(z.int().min(200).max(599))
    .min(1)
    .max(20)
    .optional()
    .describe('Any of these statuses; any success (2xx) where left out.'),
  body: expression.optional().describe('Over the answer: true where the rule applies.'),
  header: z
    .strictObject({
      name: header,
      contains: line(200).optional().describe('Part of its value; case does not count.'),
    })
    .optional(),
  on: z
    .array(z.enum(['list', 'one', 'action', 'login']))
    .min(1)
    .optional()
    .describe('Only of these requests.'),
  kind: z
    .enum(KINDS)
    .describe(
      'What it is: a kind of the contract; `gone`: there is no such job (of `one` and actions); `renew`: the session has ended, log in and ask once more.',
    ),
  message: expression.optional().describe("The platform's own words; one line of them is shown."),
  retryAfter: expression
    .optional()
    .describe('Seconds to wait, for `rate-limited` and `upstream-error`; the header where left out.'),
});

const rateLimit = z.strictObject({
  remaining: header.describe('What is left.'),
  limit: header.optional().describe('The whole allowance.'),
  reset: z
    .strictObject({ header: header, unit: z.enum(['seconds', 'epoch-s', 'epoch-ms']) })
    .optional()
    .describe('When it is whole again; a minute where left out.'),
  reserve: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.05)
    .describe('Nothing more is sent when so much of `limit` is left; without `limit`, when nothing is.'),
});

const action = z.strictObject({
  request: request.describe('Sent exactly once. Knows `{{id}}`.'),
  when,
  words: z
    .array(z.string().max(300))
    .min(1)
    .max(50)
    .optional()
    .describe('Only with these words of the platform.'),
});

export const manifestSchema = z.strictObject({
  manifest: z.literal(1).describe('The version of this language.'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected small letters, digits and hyphens, at most 63')
    .describe('Names the manifest in explanations.'),
  version: line(30).default('1').describe('Of your own choice; stands in explanations.'),
  title: line(200).optional(),
  documentation: z
    .array(line(500))
    .max(10)
    .default([])
    .describe("Where the platform's API is described. Never called."),
  auth,
  options: few(word, option, 20)
    .default({})
    .describe("What a source's `options` may say, for `{{options.NAME}}`."),
  headers: headers.default({}).describe('Sent with every request.'),
  pageSize: z
    .strictObject({ default: z.int().min(1).max(100_000), max: z.int().min(1).max(100_000) })
    .prefault({ default: 100, max: 1_000 })
    .describe("Of `{{limit}}`; a source's `poll.pageSize` may be up to `max`."),
  lists: z
    .array(list)
    .min(1)
    .max(20)
    .describe(
      'The lists that make up the collection, read in this order: where jobs move from one to another, in the order in which they move.',
    ),
  one: one.optional().describe('How one job is read by its id.'),
  record: record.describe('How a record becomes a job.'),
  errors: z
    .array(errorRule)
    .max(50)
    .default([])
    .describe(
      'What an answer means that is not what was asked for; the first that applies. Statuses without a rule mean what they usually mean.',
    ),
  rateLimit: rateLimit.optional(),
  actions: z
    .strictObject(
      Object.fromEntries(JOB_ACTIONS.map((name) => [name, action.optional()])) as Record<
        (typeof JOB_ACTIONS)[number],
        z.ZodOptional<typeof action>
      >,
    )
    .default({})
    .describe('What a client may do to a job.'),
  redact: z
    .array(line(200))
    .max(50)
    .default([])
    .describe('Paths of a record that are removed before anything else sees it.'),
  guarantees: z
    .strictObject({
      changes: z
        .enum(['list', 'sweep', 'incremental'])
        .optional()
        .describe(
          'What shows every change: `list`: every poll reads the whole collection (where no list is `incremental`); `incremental`: the filtered or newest-first reads, with the open jobs by id, miss nothing; `sweep`: only a whole read does. Left out: `list` or `sweep`.',
        ),
      settle: duration.default('0s').describe('How long after a change reads may still lack it.'),
    })
    .prefault({}),
});

export type ManifestInput = z.output<typeof manifestSchema>;
export type RequestInput = z.output<typeof request>;
export type ListInput = z.output<typeof list>;
export type PaginationInput = z.output<typeof pagination>;
export type ErrorRuleInput = z.output<typeof errorRule>;
export type AuthInput = z.output<typeof auth>;
export type OptionInput = z.output<typeof option>;
export type StateWord = (typeof STATE_WORDS)[number];
export type RecordInput = z.output<typeof record>;
export type OneInput = z.output<typeof one>;
export type TimeInput = z.output<typeof time>;
export type TimeFormatInput = Pick<Exclude<TimeInput, string>, keyof typeof timeFormat>;
export type IdInput = z.output<typeof externalId>;
export type ProgressInput = z.output<typeof progress>;
export type OverlayInput = z.output<typeof overlay>;
export type RateLimitInput = z.output<typeof rateLimit>;
export type ActionInput = z.output<typeof action>;
