import { LiveService } from './openapi/live-service.js';
import { FuzzResult, fuzz, startFuzzedService } from './fuzz/fuzz.js';
import { RawAnswer, sendRaw } from './fuzz/raw.js';

/** A part of what `npm run fuzz` asks; the same in every run. */
const REQUESTS = 6_000;
const SEED = 20_250_115;

// The machine may be busy: what bounds each answer is the client's own patience.
jest.setTimeout(600_000);

describe('whatever the API is asked', () => {
  let service: LiveService;
  let result: FuzzResult;

  beforeAll(async () => {
    service = await startFuzzedService();
    result = await fuzz(service, { count: REQUESTS, seed: SEED });
  });
  afterAll(() => service?.close());

  it('it answers as its document says, with no failure, no hang and no internals', () => {
    expect(result.faults).toEqual([]);
    expect(result.requests).toBe(REQUESTS);
  });

  it('and every operation was met, with what it grants and with what it refuses', () => {
    const met = [...result.table].filter(([operation]) => !operation.startsWith('('));
    expect(met.length).toBeGreaterThanOrEqual(19);
    const withoutGrant = met.filter(
      ([, row]) => ![...row.keys()].some((status) => status >= 200 && status < 300),
    );
    const withoutRefusal = met.filter(([, row]) => ![...row.keys()].some((status) => status >= 400));
    expect([withoutGrant.map(([name]) => name), withoutRefusal.map(([name]) => name)]).toEqual([[], []]);
  });

  describe('what it once found', () => {
    const raw = (...lines: string[]) =>
      sendRaw(
        Number(new URL(service.url).port),
        [...lines, 'Connection: close', '', ''].join('\r\n'),
        60_000,
      );
    const problem = ({ status, body }: RawAnswer) => {
      const { type, errors } = JSON.parse(body) as { type: string; errors: { parameter: string }[] };
      return [status, type, errors[0]!.parameter];
    };

    it('a request without Host is refused in our words, not in those of Node', async () => {
      const [answer] = await raw('GET /health/live HTTP/1.1');
      expect(problem(answer!)).toEqual([400, 'urn:rollcall:problem:invalid-request', 'Host']);
      expect((await raw('GET /health/live HTTP/1.0')).map(({ status }) => status)).toEqual([200]);
    });

    it('what is no HTTP is refused as such', async () => {
      const [answer] = await raw('GET /health/live?é HTTP/1.1', 'Host: a');
      expect(problem(answer!)).toEqual([400, 'urn:rollcall:problem:invalid-request', 'request']);
    });

    it('an expectation that nobody knows is no reason to refuse', async () => {
      const answers = await raw('GET /health/live HTTP/1.1', 'Host: a', 'Expect: the-inquisition');
      expect(answers.map(({ status }) => status)).toEqual([200]);
    });

    it('a path that leads out of the folder of the documentation leads nowhere', async () => {
      for (const path of ['/docs/../package.json', '/docs/a/../../b', '/docs/./x', '/docs/%2e%2e/x']) {
        const [answer] = await raw(`GET ${path} HTTP/1.1`, 'Host: a');
        expect([path, answer!.status, (JSON.parse(answer!.body) as { type: string }).type]).toEqual([
          ...[path, 404, 'urn:rollcall:problem:not-found'],
        ]);
      }
    });

    it('a body that is nested deeper than the stack holds is a bad request', async () => {
      const payload = `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`;
      const headers = { authorization: await service.bearer('deep'), 'content-type': 'application/json' };
      const answer = await service.app.inject({ method: 'POST', url: '/api/v1/tokens', headers, payload });
      expect([answer.statusCode, answer.json<{ errors: unknown }>().errors]).toEqual([
        400,
        [{ pointer: '#', detail: 'is nested more than 32 deep' }],
      ]);
    });

    it('a path is the same one when more of it is encoded than has to be', async () => {
      const answer = await service.app.inject({ method: 'POST', url: '/api/v1/%6Aobs' });
      expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
    });

    it('a question is repeated in Link as often as the headers of an answer may be long, the next page first', async () => {
      const headers = { authorization: await service.bearer('long') };
      const link = async (length: number) => {
        const url = `/api/v1/jobs?limit=1&source=charts,${'x'.repeat(length)}`;
        const answer = await service.app.inject({ url, headers });
        return String(answer.headers['link']);
      };
      const relations = (text: string) => [...text.matchAll(/rel="(\w+)"/g)].map(([, name]) => name);
      expect(relations(await link(10))).toEqual(['first', 'next']);
      expect(relations(await link(9_500))).toEqual(['next']);
      expect((await link(9_500)).length).toBeLessThan(12 * 1_024);
      const angles = await service.app.inject({ url: '/api/v1/jobs?q=a>;b"', headers });
      expect(angles.headers['link']).toBe('<jobs?q=a%3E;b%22>; rel="first"');
    });

    it('a file name that no file system takes is a bad request', async () => {
      const answer = await service.app.inject('/docs/%00');
      expect(problem({ status: answer.statusCode, headers: {}, body: answer.body })).toEqual([
        ...[400, 'urn:rollcall:problem:invalid-request', 'path'],
      ]);
    });
  });
});
