import { ETL_KEY } from './credentials.js';
import { Answer, Call, Face } from './http/answer.js';
import { integrateIoFace } from './integrate-io.simulator.js';
import { veevaVaultFace } from './veeva-vault.simulator.js';
import { createWorld } from './world.js';

const START = Date.UTC(2026, 0, 15, 10);
const world = createWorld({ seed: 1, jobs: 50, start: START });

function ask(face: Face, path: string, now: number, headers: Record<string, string> = {}): Answer {
  const call: Call = {
    method: 'GET',
    path,
    query: new URLSearchParams(),
    headers,
    body: '',
    now,
    seenAt: now,
    origin: 'http://127.0.0.1',
  };
  return face.handle(call);
}

describe('Integrate.io credits', () => {
  const headers = {
    authorization: `Basic ${Buffer.from(`${ETL_KEY}:`).toString('base64')}`,
    accept: 'application/vnd.xplenty+json; version=2',
  };
  const spend = (face: Face): Answer[] =>
    Array.from({ length: 5001 }, () => ask(face, '/acme/api/jobs/1', START, headers));

  it('end after 5000 calls and come back with the next hour', () => {
    const face = integrateIoFace(world.population('integrate-io'), true);
    const answers = spend(face);
    expect(answers.slice(0, 5000).every(({ status }) => status === 404)).toBe(true);
    expect(answers[5000]).toMatchObject({ status: 429, headers: { 'X-RateLimit-Remaining': '0' } });
    expect(ask(face, '/acme/api/rate_limit_status', START, headers).json).toEqual({
      limits: { limit: 5000, remaining: 0 },
    });
    expect(ask(face, '/acme/api/jobs', START + 3_600_000, headers).status).toBe(200);
  });

  it('are only shown where limits are off', () => {
    const last = spend(integrateIoFace(world.population('integrate-io'), false)).at(-1);
    expect(last).toMatchObject({ status: 404, headers: { 'X-RateLimit-Remaining': '0' } });
  });
});

describe('Veeva’s burst limit', () => {
  const burst = (face: Face): Answer[] => Array.from({ length: 2001 }, () => ask(face, '/api/', START));

  it('delays every reply past it by half a second, until the next five minutes', () => {
    const face = veevaVaultFace(world.population('veeva-vault'), true);
    const answers = burst(face);
    expect(answers.filter(({ delayMs }) => delayMs !== undefined)).toHaveLength(1);
    expect(answers[2000]).toMatchObject({
      status: 200,
      delayMs: 500,
      headers: { 'X-VaultAPI-BurstLimitRemaining': '0', 'X-VaultAPI-ResponseDelay': '500' },
    });
    expect(ask(face, '/api/', START + 300_000).delayMs).toBeUndefined();
  });

  it('never delays where limits are off', () => {
    const answers = burst(veevaVaultFace(world.population('veeva-vault'), false));
    expect(answers.every(({ delayMs }) => delayMs === undefined)).toBe(true);
  });
});
