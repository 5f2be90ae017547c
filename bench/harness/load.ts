import autocannon from 'autocannon';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { Latency, latencyOf } from './figures.js';

/** A server, and what it is asked in turn. */
export interface Asked {
  url: string;
  paths: readonly string[];
  headers?: Record<string, string>;
  /** Posted as JSON, each to the path of its place; without them nothing is posted. */
  bodies?: readonly object[];
  /** Of a server that needs seconds for an answer: as many clients as this have one each, however long that takes. */
  answers?: number;
}

/** As many clients as the measurement that performance.md quotes. */
const CLIENTS = 16;
/** A server that needs longer for an answer gives none, seconds. */
const LONGEST_S = 600;

/**
 * Answers a second of so many clients that each ask again as soon as they have their answer. A machine too busy for one answer in this
 * time is given twice as much, and so on.
 *
 * @throws when an answer is no success
 */
export async function saturate(asked: Asked, seconds: number): Promise<number> {
  const { url, answers: wanted } = asked;
  let [answers, took] = [0, 0];
  for (let duration = seconds; answers === 0; duration *= 2) {
    const result = await autocannon({
      url,
      ...(wanted === undefined
        ? { connections: CLIENTS, duration }
        : { connections: wanted, amount: wanted }),
      requests: requestsOf(asked),
      // a run ends with a sample
      sampleInt: 100,
      timeout: LONGEST_S,
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
export async function askAtRate(asked: Asked, perSecond: number, seconds: number): Promise<Latency> {
  const { url } = asked;
  const requests = requestsOf(asked);
  const agent = new Agent({ connections: 256, pipelining: 1 });
  const waits: number[] = [];
  const failures: unknown[] = [];
  const count = Math.max(1, Math.round(perSecond * seconds));
  const began = performance.now();
  const ask = async (index: number, due: number) => {
    const { path, ...how } = requests[index % requests.length]!;
    const { statusCode, body } = await request(url + path, { ...how, dispatcher: agent });
    await body.dump({ limit: Infinity });
    if (statusCode !== 200) throw new Error(`${url}: ${statusCode}`);
    waits.push(performance.now() - due);
  };
  try {
    const asks: Promise<void>[] = [];
    for (let index = 0; index < count; index++) {
      const due = began + (index * 1_000) / perSecond;
      while (performance.now() < due) await delay(Math.max(0, due - performance.now() - 1));
      asks.push(ask(index, due).catch((error: unknown) => void failures.push(error)));
    }
    await Promise.all(asks);
    if (failures.length > 0) throw failures[0];
  } finally {
    await agent.close();
  }
  return latencyOf(waits);
}

function requestsOf({ paths, headers = {}, bodies }: Asked) {
  return paths.map((path, place) => {
    if (bodies === undefined) return { method: 'GET' as const, path, headers };
    const json = { ...headers, 'content-type': 'application/json' };
    return { method: 'POST' as const, path, headers: json, body: JSON.stringify(bodies[place]) };
  });
}
