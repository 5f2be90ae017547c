import autocannon from 'autocannon';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { Latency, latencyOf } from './figures.js';

/** A server, and what it is asked in turn. */
export interface Asked {
  url: string;
  paths: readonly string[];
  headers?: Record<string, string>;
}

/** As many clients as the measurement that performance.md quotes. */
const CLIENTS = 16;

/**
 * Answers a second of so many clients that each ask again as soon as they have their answer. A machine too busy for one answer in this
 * time is given twice as much, and so on.
 *
 * @throws when an answer is no success
 */
export async function saturate({ url, paths, headers = {} }: Asked, seconds: number): Promise<number> {
  let [answers, took] = [0, 0];
  for (let duration = seconds; answers === 0; duration *= 2) {
    const result = await autocannon({
      url,
      connections: CLIENTS,
      duration,
      requests: paths.map((path) => ({ method: 'GET', path, headers })),
      // a run ends with a sample
      sampleInt: 100,
    });
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${url}: ${result.non2xx} answers were no success, ${result.errors} did not come`);
    answers += result['2xx'];
    took += result.duration;
  }
  return answers / took;
}

/**
 * Asks at moments that do not depend on the answers, as users do: who has to wait makes nobody else ask later. A question waits from the
 * moment at which it was due, so that a server that stands still is measured by all who would have asked meanwhile.
 *
 * @param perSecond how many questions, at even distances
 */
export async function askAtRate(
  { url, paths, headers = {} }: Asked,
  perSecond: number,
  seconds: number,
): Promise<Latency> {
  const agent = new Agent({ connections: 256, pipelining: 1 });
  const waits: number[] = [];
  const failures: unknown[] = [];
  const count = Math.max(1, Math.round(perSecond * seconds));
  const began = performance.now();
  const ask = async (index: number, due: number) => {
    const { statusCode, body } = await request(url + paths[index % paths.length]!, {
      headers,
      dispatcher: agent,
    });
    await body.dump({ limit: Infinity });
    if (statusCode !== 200) throw new Error(`${url}: ${statusCode}`);
    waits.push(performance.now() - due);
  };
  try {
    const asked: Promise<void>[] = [];
    for (let index = 0; index < count; index++) {
      const due = began + (index * 1_000) / perSecond;
      while (performance.now() < due) await delay(Math.max(0, due - performance.now() - 1));
      asked.push(ask(index, due).catch((error: unknown) => void failures.push(error)));
    }
    await Promise.all(asked);
    if (failures.length > 0) throw failures[0];
  } finally {
    await agent.close();
  }
  return latencyOf(waits);
}
