import { once } from 'node:events';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { splitJson } from '../src/connectors/shared/json-array-splitter.js';
import { ClosableHttpClient, createHttpClient } from '../src/connectors/shared/undici-http-client.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let http: ClosableHttpClient;
let connections: number;
const statuses: (number | null)[] = [];

async function listen(
  handler: Handler,
  options: { timeoutMs?: number; concurrency?: number } = {},
): Promise<void> {
  statuses.length = 0;
  connections = 0;
  server = createServer(handler);
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  http = createHttpClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeoutMs: 10_000,
    concurrency: 1,
    userAgent: 'rollcall-test',
    spend: () => undefined,
    onResponse: (status) => statuses.push(status),
    retry: { maxRetries: 1, minTimeoutMs: 0, maxTimeoutMs: 0 },
    ...options,
  });
}

function get(signal = new AbortController().signal): ReturnType<typeof http.request> {
  return http.request({ method: 'GET', url: '/jobs', signal });
}

afterEach(async () => {
  await http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the HTTP client over a socket', () => {
  test('keeps to its number of requests at one time', async () => {
    let active = 0;
    let most = 0;
    const held: ServerResponse[] = [];
    await listen(
      (_, response) => {
        most = Math.max(most, ++active);
        held.push(response);
        // They are answered in pairs.
        if (held.length < 2) return;
        for (const one of held.splice(0)) {
          active--;
          one.end('{}');
        }
      },
      { concurrency: 2 },
    );
    await Promise.all(Array.from({ length: 6 }, async () => (await get()).json()));
    expect(most).toBe(2);
    expect(connections).toBe(2);
  });

  test('serves one request after another on one connection, refused and unread ones included', async () => {
    const answers = [404, 503, 200, 200];
    await listen((_, response) => {
      response.statusCode = answers.shift()!;
      response.end(`{"filler":"${'x'.repeat(1_000)}"}`);
    });
    expect((await get()).status).toBe(404);
    expect((await get()).status).toBe(200);
    expect(await (await get()).json()).toHaveProperty('filler');
    expect(statuses).toEqual([404, 503, 200, 200]);
    expect(connections).toBe(1);
  });

  test('gives up on a server that does not answer', async () => {
    await listen(() => undefined, { timeoutMs: 50 });
    await expect(get()).rejects.toMatchObject({ kind: 'timeout' });
    expect(statuses).toEqual([null]);
  });

  test('gives up on a body that stops', async () => {
    await listen(
      (_, response) => {
        response.write('[1,');
      },
      { timeoutMs: 50 },
    );
    await expect((await get()).text()).rejects.toMatchObject({ kind: 'timeout' });
  });

  /** Answers with a body that never ends and never stops for long, and says whether the client hung up. */
  const drip = (bytes: number, status = 200): Handler => {
    return (_, response) => {
      response.writeHead(status);
      const timer = setInterval(() => response.write(Buffer.alloc(bytes, ' ')), 5);
      response.on('close', () => {
        clearInterval(timer);
        hungUp();
      });
    };
  };
  let hungUp: () => void;
  const hangUp = (): Promise<void> => new Promise((resolve) => (hungUp = resolve));

  test.each([
    ['read whole', 1, async () => (await get()).json()],
    ['read whole, however fast it comes', 100_000, async () => (await get()).text()],
    [
      'streamed',
      1,
      async () => {
        for await (const piece of splitJson((await get()).body)) void piece;
      },
    ],
  ])('gives up on a body that drips on and on, %s', async (_, bytes, read) => {
    const hung = hangUp();
    await listen(drip(bytes), { timeoutMs: 200 });
    await expect(read()).rejects.toMatchObject({ kind: 'timeout' });
    await hung;
  });

  test('gives up on a compressed body that drips', async () => {
    await listen(
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        const zipped = gzipSync(JSON.stringify(Array.from({ length: 5_000 }, Math.random)));
        let sent = 0;
        const timer = setInterval(() => response.write(zipped.subarray(sent, ++sent)), 5);
        response.on('close', () => clearInterval(timer));
      },
      { timeoutMs: 200 },
    );
    await expect((await get()).json()).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('does not wait for the end of a refusal that drips', async () => {
    const hung = hangUp();
    await listen(drip(1, 401), { timeoutMs: 200 });
    await expect(get()).rejects.toMatchObject({ kind: 'authentication' });
    await hung;
  });

  test('waits for a stream that goes on longer than a timeout, and counts no time that a request waits for its turn', async () => {
    const timeoutMs = 1_500;
    const begun = Date.now();
    await listen(
      (request, response) => {
        if (request.url === '/next') return void response.end('[1]');
        response.write('["first"');
        const timer = setInterval(() => {
          if (Date.now() - begun < 2 * timeoutMs) response.write(`,"${'x'.repeat(64 * 1024)}"`);
          else response.end(']');
        }, 50);
        response.on('close', () => clearInterval(timer));
      },
      { timeoutMs },
    );
    const stream = await get();
    const next = http.request({ method: 'GET', url: '/next', signal: new AbortController().signal });
    let elements = 0;
    for await (const piece of splitJson(stream.body, { elements: 1 }))
      if ('elements' in piece) elements += piece.elements.length;
    expect(elements).toBeGreaterThan(1);
    expect(Date.now() - begun).toBeGreaterThan(timeoutMs);
    expect(await (await next).json()).toEqual([1]);
  });

  test('says so when the connection breaks inside a body', async () => {
    await listen((_, response) => {
      response.write('[1,', () => response.destroy());
    });
    await expect((await get()).json()).rejects.toMatchObject({ kind: 'network' });
  });

  test('tries again when the connection breaks before an answer', async () => {
    let asked = 0;
    await listen((request, response) => {
      if (++asked === 1) request.socket.destroy();
      else response.end('[1]');
    });
    expect(await (await get()).json()).toEqual([1]);
    expect(statuses).toEqual([null, 200]);
  });

  test('says so when nobody listens', async () => {
    await listen(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await expect(get()).rejects.toMatchObject({
      kind: 'network',
      message: 'GET /jobs: connection fault ECONNREFUSED',
    });
    expect(statuses).toEqual([null, null]);
  });

  test('stops a body with the read that asked for it', async () => {
    let closed: Promise<unknown> | null = null;
    await listen((_, response) => {
      closed = once(response, 'close');
      response.write('[1,');
    });
    const abort = new AbortController();
    const body = (await get(abort.signal)).body[Symbol.asyncIterator]();
    await body.next();
    abort.abort();
    await expect(body.next()).rejects.toMatchObject({ kind: 'timeout' });
    await expect(closed).resolves.toEqual([]);
  });

  test('frees the connection of a stream that is left early', async () => {
    await listen((_, response) => {
      response.write('[');
      const more = (): void => {
        while (!response.destroyed && response.write(`{"id":"${'x'.repeat(1_000)}"},`));
      };
      response.on('drain', more);
      more();
    });
    for (let turn = 0; turn < 2; turn++) {
      for await (const piece of splitJson((await get()).body, { elements: 10 })) {
        expect(piece).toMatchObject({ elements: expect.any(Array) as unknown });
        break;
      }
    }
    expect(statuses).toEqual([200, 200]);
  });

  test('unpacks a stream', async () => {
    const jobs = Array.from({ length: 5_000 }, (_, id) => ({ id }));
    await listen((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(JSON.stringify(jobs)));
    });
    const read: unknown[] = [];
    for await (const piece of splitJson((await get()).body))
      if ('elements' in piece) read.push(...piece.elements);
    expect(read).toEqual(jobs);
  });
});
