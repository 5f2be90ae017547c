import { connect } from 'node:net';
import fc from 'fast-check';
import { hostile } from './hostile.js';

const crlf = '\r\n';

/** Bytes that no HTTP client would send; each string's characters are bytes. */
export function rawRequests(bearer: string): fc.Arbitrary<string> {
  const bytes = hostile.map((text) => Buffer.from(text).toString('latin1'));
  const token = fc.constantFrom(
    'GET',
    'POST',
    'get',
    'G\0T',
    '',
    'GET ',
    'CONNECT',
    'PRI',
    'TRACE',
    'M-SEARCH',
  );
  const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'HTTP/1.1 ', '', 'ICY');
  const target = fc.oneof(
    fc.constantFrom(
      '/api/v1/jobs',
      '/health/live',
      '*',
      'http://other/api/v1/jobs',
      '//',
      '/api/v1/jobs?q=\0',
      '',
    ),
    bytes.map((text) => `/api/v1/jobs?q=${text}`),
    bytes.map((text) => `/api/v1/sources/${text}`),
  );
  const header = fc.oneof(
    fc.constantFrom(
      ...[
        'Host: a',
        'Host:',
        'Content-Length: 5',
        'Content-Length: -1',
        'Content-Length: 99999999999999999999',
      ],
      ...['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: x'],
      ...[
        'Expect: 100-continue',
        'Expect: x',
        'Upgrade: websocket',
        'Connection: upgrade',
        'Content-Type: application/json',
      ],
      ...[' folded: x', 'no colon', ': no name', 'X Y: z', 'Content-Length: 3\r\nContent-Length: 4'],
      ...[
        'Content-Length: 3\r\nTransfer-Encoding: chunked',
        `X-Long: ${'x'.repeat(17_000)}`,
        'X: a\rb',
        'X: a\nb: c',
      ],
    ),
    bytes.map((text) => `X-Hostile: ${text}`),
    fc.constant(`Authorization: ${bearer}`),
  );
  const body = fc.oneof(
    fc.constant(''),
    fc.constantFrom(
      '0\r\n\r\n',
      '5\r\nabc',
      'ffffffffffffffff\r\n',
      'zz\r\n\r\n',
      '{}',
      'GET / HTTP/1.1\r\nHost: b\r\n\r\n',
    ),
    bytes,
  );
  return fc
    .record({ token, target, version, headers: fc.array(header, { maxLength: 5 }), body, host: fc.boolean() })
    .map(({ token: method, target: at, version: named, headers, body: sent, host }) =>
      [
        `${method} ${at} ${named}`,
        ...(host ? ['Host: localhost'] : []),
        ...headers,
        'Connection: close',
        '',
        sent,
      ].join(crlf),
    );
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Sends bytes, says that there are no more, and reads to the end.
 *
 * @returns the answers, which may be none: a connection may be closed without a word
 * @throws Error when the service does not close the connection in time
 */
export function sendRaw(port: number, bytes: string, timeoutMs: number): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.end(bytes, 'latin1'),
    );
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`no answer in ${timeoutMs} ms`));
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // a reset is a close
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answersIn(Buffer.concat(chunks).toString('latin1'))));
  });
}

/** The service sends lengths, or closes; chunked bodies are given as they came. */
function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf(crlf + crlf);
    const match = /^HTTP\/1\.1 (\d{3}) /.exec(rest);
    if (match === null || end === -1) {
      answers.push({ status: 0, headers: {}, body: rest });
      break;
    }
    const headers = Object.fromEntries(
      rest
        .slice(0, end)
        .split(crlf)
        .slice(1)
        .map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
    );
    const begin = end + 4;
    const length = headers['content-length'] === undefined ? rest.length : Number(headers['content-length']);
    answers.push({ status: Number(match[1]), headers, body: rest.slice(begin, begin + length) });
    rest = rest.slice(begin + length);
  }
  return answers;
}
