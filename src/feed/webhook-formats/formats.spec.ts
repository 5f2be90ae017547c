import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Json, JsonObject } from '../../domain/job.js';
import { WEBHOOK_FORMATS, WebhookFormat } from '../../domain/webhook.js';
import { RenderedEndpoint, WebhookAlert, WebhookNotification } from '../webhook-notification.js';
import { RENDERERS } from './index.js';

const TESTDATA = join(__dirname, 'testdata');

const JOB: JsonObject = {
  ...{ id: '5b7f7f4e-0000-5000-8000-000000000001', source: 'charts', platform: 'vectorcharts' },
  ...{ externalId: 'b2c3', type: 'index <custom> & "encs"', name: 'nightly *tiles*', state: 'failed' },
  ...{ reason: 'timed_out', rawStatus: 'error', terminal: true, progress: 0.45 },
  ...{ createdAt: '2025-01-15T14:06:40.000Z', scheduledFor: null, startedAt: '2025-01-15T14:07:00.000Z' },
  ...{ finishedAt: '2025-01-15T14:15:00.000Z', updatedAt: '2025-01-15T14:15:00.000Z', durationMs: 480_000 },
  provenance: {},
  error: { message: 'tile <!channel> 12/34 & more\nout of ```memory```', code: 'E12', details: null },
  ...{ owner: 'ann', parentId: null, labels: { team: 'navigation' }, attributes: { parameters: null } },
  links: {
    self: 'https://api.example.com/jobs/b2c3',
    html: 'https://charts.example.com/jobs/b2c3|<!here>',
    log: 'http://charts.example.com/plain',
  },
  ...{ actions: [], freshness: 'fresh', version: 3 },
};

const event = (over: JsonObject = {}): JsonObject => ({
  ...{ id: 'AAAAAAAAAAAAAAAAAAAAAA', type: 'job.transitioned', at: '2025-01-15T14:15:07.000Z' },
  ...{ source: 'charts', sequence: 3, job: JOB, from: 'running', to: 'failed', backfill: false },
  ...{ changed: ['state'], ...over },
});

const ALERT: WebhookAlert = {
  ...{ key: 'job/charts/index <custom> & "encs"', action: 'trigger', kind: 'job', source: 'charts' },
  ...{ type: 'index <custom> & "encs"', firedAt: '2025-01-15T14:15:07.000Z' },
  ...{ resolveAt: '2025-01-16T14:15:07.000Z', because: null, rule: null, jobId: null },
};

const OUTAGE: WebhookAlert = {
  ...{ key: 'source/charts', action: 'trigger', kind: 'source', source: 'charts', type: null },
  ...{ firedAt: '2025-01-15T14:15:07.000Z', resolveAt: null, because: null, rule: null, jobId: null },
};

const OVERDUE: WebhookAlert = {
  ...{ key: `expectation/too-long/charts/${String(JOB['id'])}`, action: 'trigger', kind: 'expectation' },
  ...{ source: 'charts', type: 'index <custom> & "encs"', rule: 'too-long', jobId: String(JOB['id']) },
  ...{ firedAt: '2025-01-15T14:15:07.000Z', resolveAt: null, because: null },
};

const expectation = (over: JsonObject = {}): JsonObject => ({
  ...{
    name: 'too-long',
    kind: 'duration',
    since: '2025-01-15T14:14:00.000Z',
    value: 2_748_000,
    limit: 2_700_000,
  },
  ...{ type: 'index <custom> & "encs"', message: 'has run for 45m 48s, longer than 45m 00s', ...over },
});

const health = (over: JsonObject): JsonObject =>
  event({ type: 'source.health', job: null, sequence: null, from: null, to: null, changed: [], ...over });

const notification = (over: Partial<WebhookNotification> = {}): WebhookNotification => ({
  ...{ deliveryId: 'msg_000000000000000000000001', type: 'job.transitioned', at: '2025-01-15T14:15:07.000Z' },
  ...{ event: event(), alert: ALERT, ...over },
});

const NOTIFICATIONS: Record<string, WebhookNotification> = {
  failed: notification(),
  missed: notification({
    event: event({ job: { ...JOB, state: 'missed', reason: 'missed_schedule', error: null } }),
  }),
  succeeded: notification({
    at: '2025-01-15T15:00:00.000Z',
    event: event({ job: { ...JOB, state: 'succeeded', reason: null, error: null }, to: 'succeeded' }),
    alert: { ...ALERT, action: 'resolve', because: 'succeeded', resolveAt: null },
  }),
  expired: notification({
    at: '2025-01-16T14:15:07.000Z',
    alert: { ...ALERT, action: 'resolve', because: 'expired', resolveAt: null },
  }),
  outage: notification({
    type: 'source.health',
    event: health({ health: 'failing', previousHealth: 'healthy', reason: 'authentication' }),
    alert: OUTAGE,
  }),
  recovered: notification({
    ...{ type: 'source.health', at: '2025-01-15T15:00:00.000Z' },
    event: health({ health: 'healthy', previousHealth: 'failing', reason: null }),
    alert: { ...OUTAGE, action: 'resolve', because: 'recovered' },
  }),
  overdue: notification({
    type: 'alert.firing',
    event: event({
      ...{ type: 'alert.firing', sequence: null, from: null, to: null, changed: [], alert: expectation() },
      job: { ...JOB, state: 'running', reason: null, error: null, finishedAt: null, durationMs: null },
    }),
    alert: OVERDUE,
  }),
  // retention has taken the job
  kept: notification({
    ...{ type: 'alert.resolved', at: '2025-01-15T15:00:00.000Z' },
    event: health({ type: 'alert.resolved', alert: expectation() }),
    alert: { ...OVERDUE, action: 'resolve', because: 'kept' },
  }),
  backlog: notification({
    type: 'alert.firing',
    event: health({
      type: 'alert.firing',
      alert: expectation({ kind: 'queue', type: null, message: '120 jobs are queued, more than 100' }),
    }),
    alert: {
      ...OVERDUE,
      key: 'expectation/backlog/store',
      rule: 'backlog',
      source: 'store',
      type: null,
      jobId: null,
    },
  }),
  test: notification({
    type: 'webhook.test',
    event: event({
      ...{ id: null, type: 'webhook.test', source: null, sequence: null, job: null, from: null, to: null },
      ...{ changed: [], webhook: { id: 'e1', name: 'on call' } },
    }),
    alert: null,
  }),
};

const OPTIONS: Record<WebhookFormat, JsonObject> = {
  plain: {},
  slack: {},
  pagerduty: { routingKey: '0123456789abcdef0123456789abcdef', severity: 'critical' },
  alertmanager: { labels: { cluster: 'eu' } },
  cloudevents: {},
};

const endpoint = (format: WebhookFormat, over: Partial<RenderedEndpoint> = {}): RenderedEndpoint => ({
  ...{
    id: 'e1',
    name: 'on call',
    url: 'https://hooks.example.com/prefix/',
    options: OPTIONS[format],
    ...over,
  },
});

/** Compares with a file of testdata; UPDATE_GOLDEN=1 rewrites it, and the difference is reviewed. */
function expectGolden(name: string, actual: unknown): void {
  const path = join(TESTDATA, `${name}.json`);
  const text = `${JSON.stringify(actual, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  expect(existsSync(path) ? readFileSync(path, 'utf8') : null).toBe(text);
}

function rendered(format: WebhookFormat, told: WebhookNotification, over?: Partial<RenderedEndpoint>): Json {
  return JSON.parse(RENDERERS[format](told, endpoint(format, over)).body) as Json;
}

describe.each(WEBHOOK_FORMATS)('%s', (format) => {
  test.each(Object.keys(NOTIFICATIONS))('writes %s as in its file', (name) => {
    const { body, ...rest } = RENDERERS[format](NOTIFICATIONS[name]!, endpoint(format));
    expectGolden(`${format}.${name}`, { ...rest, body: JSON.parse(body) as Json });
  });

  test('writes the same again', () => {
    for (const told of Object.values(NOTIFICATIONS))
      expect(RENDERERS[format](told, endpoint(format))).toEqual(RENDERERS[format](told, endpoint(format)));
  });
});

describe('whatever a platform says', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.constantFrom('<!channel>', '&amp;', '\u0000', '\uD800', '```', 'x'.repeat(10_000), '<'.repeat(10_000)),
    fc.constantFrom(
      '__proto__',
      '\n\n',
      '😀'.repeat(3_000),
      '',
      '@here #general',
      '<https://evil.example|x>',
    ),
  );
  const anyNotification = fc
    .record({
      ...{ type: hostile, name: hostile, message: hostile, state: hostile, reason: hostile, link: hostile },
      action: fc.constantFrom('trigger' as const, 'resolve' as const),
    })
    .map(({ action, type, name, message, state, reason, link }) =>
      notification({
        alert: { ...ALERT, action, type, because: action === 'resolve' ? 'succeeded' : null },
        event: event({
          job: {
            ...JOB,
            type,
            name,
            state,
            reason,
            links: { html: link },
            error: { message },
            owner: message,
          },
        }),
      }),
    );

  const texts = (value: Json): string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(texts)
        : [];

  test('Slack gets no markup but ours, nothing empty and nothing that is too long', () => {
    fc.assert(
      fc.property(anyNotification, hostile, (told, name) => {
        const message = rendered('slack', told, { name }) as { text: string; blocks: JsonObject[] };
        for (const text of texts(message)) {
          expect(text.replaceAll(/<https:\/\/[^<>|]*\|(?:Job|Log|API)>/g, '')).not.toMatch(
            /[<>]|&(?!amp;|lt;|gt;)/,
          );
          expect(text.isWellFormed()).toBe(true);
        }
        for (const { text, fields = [] } of message.blocks as {
          text?: { text: string };
          fields?: { text: string }[];
        }[]) {
          if (text) expect(text.text.length).toBeLessThanOrEqual(3_000);
          if (text) expect(text.text.length).toBeGreaterThan(0);
          expect(fields.length).toBeLessThanOrEqual(10);
          for (const field of fields) expect(field.text.length).toBeLessThanOrEqual(2_000);
        }
        expect(JSON.stringify(message.blocks).length).toBeLessThan(20_000);
      }),
    );
  });

  test('PagerDuty gets what is within its limits', () => {
    fc.assert(
      fc.property(anyNotification, hostile, (told, name) => {
        const sent = rendered('pagerduty', told, { name }) as {
          dedup_key: string;
          payload?: { summary: string; severity: string; source: string };
        };
        expect(sent.dedup_key.length).toBeLessThanOrEqual(255);
        expect(JSON.stringify(sent).length).toBeLessThan(200_000);
        if (sent.payload === undefined) return;
        expect(sent.payload.summary.length).toBeLessThanOrEqual(1_024);
        expect(sent.payload.summary.length).toBeGreaterThan(0);
      }),
    );
  });

  test('Alertmanager gets well-formed labels, and the same ones when it is over', () => {
    const labelsOf = (told: WebhookNotification) =>
      (rendered('alertmanager', told) as { labels: Record<string, string> }[])[0]!.labels;
    fc.assert(
      fc.property(anyNotification, (told) => {
        const labels = labelsOf(told);
        for (const [name, value] of Object.entries(labels)) {
          expect(name).toMatch(/^[a-z_]+$/);
          expect(value.isWellFormed()).toBe(true);
          expect(value.length).toBeLessThanOrEqual(500);
        }
        const over = { ...told.alert!, action: 'resolve' as const, because: 'succeeded' as const };
        const job = { ...(told.event['job'] as JsonObject), state: 'succeeded', reason: null };
        expect(labelsOf({ ...told, alert: over, event: event({ job }) })).toEqual(labels);
      }),
    );
  });
});

describe('Alertmanager', () => {
  const sent = (told: WebhookNotification) =>
    (rendered('alertmanager', told) as { startsAt: string; endsAt: string }[])[0]!;

  test.each([
    ['https://am.example.com', 'https://am.example.com/api/v2/alerts'],
    ['https://am.example.com/prefix/', 'https://am.example.com/prefix/api/v2/alerts'],
    ['https://am.example.com/prefix/api/v2/alerts', 'https://am.example.com/prefix/api/v2/alerts'],
    ['https://am.example.com/?tenant=a', 'https://am.example.com/api/v2/alerts?tenant=a'],
  ])('%s is asked at %s', (url, expected) => {
    expect(RENDERERS.alertmanager(notification(), endpoint('alertmanager', { url })).url).toBe(expected);
  });

  test('an alert never ends before it begins', () => {
    const alert = { ...ALERT, action: 'resolve', because: 'succeeded' } as const;
    const { startsAt, endsAt } = sent(notification({ at: '2025-01-15T14:15:06.000Z', alert }));
    expect(endsAt).toBe(startsAt);
  });

  test('types that are too long stay apart', () => {
    const typeOf = (key: string) =>
      (
        rendered('alertmanager', notification({ alert: { ...ALERT, key, type: 'x'.repeat(600) } })) as {
          labels: { type: string };
        }[]
      )[0]!.labels.type;
    expect(typeOf('job/charts/x~1')).not.toBe(typeOf('job/charts/x~2'));
  });
});

describe('CloudEvents', () => {
  test.each(Object.entries(NOTIFICATIONS))('%s has the attributes that 1.0 asks for', (_, told) => {
    const sent = rendered('cloudevents', told) as Record<string, unknown>;
    expect(sent).toMatchObject({ specversion: '1.0', datacontenttype: 'application/json' });
    for (const name of ['id', 'source', 'type']) expect(sent[name]).toMatch(/./);
    expect(Object.keys(sent).join('')).toMatch(/^[a-z0-9]+$/);
    expect(new Date(sent['time'] as string).toISOString()).toBe(sent['time']);
    expect(URL.canParse(sent['source'] as string)).toBe(true);
  });
});

test.each(['slack', 'pagerduty', 'alertmanager'] as const)(
  '%s refuses what is no matter of an alert, by a word that says so',
  (format) => {
    const told = notification({ alert: null });
    expect(() => RENDERERS[format](told, endpoint(format))).toThrow(
      'job.transitioned is no matter of an alert',
    );
  },
);
