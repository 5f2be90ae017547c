import { ApiClient, ApiProblem, assertPage, isTransient, RawAnswer, readAnswer } from './api-client.js';
import { CommandError } from './exit-codes.js';

function faultOf(status: number, body: string): unknown {
  try {
    readAnswer({ status, body });
  } catch (error) {
    return error;
  }
  throw new Error('it was an answer');
}

test('a 2xx with JSON is the answer', () => {
  expect(readAnswer({ status: 200, body: '{"data":[]}' })).toEqual({ data: [] });
});

test.each([
  [
    400,
    '{"type":"urn:rollcall:problem:invalid-request","errors":[{"parameter":"limit","detail":"too big"},{"detail":"odd"}]}',
    ['limit: too big', 'odd'],
  ],
  [
    503,
    '{"type":"urn:rollcall:problem:not-ready","title":"Down","detail":"starting","requestId":"r1"}',
    ['starting (request r1)'],
  ],
  [
    401,
    '{"type":"urn:rollcall:problem:unauthorized","title":"Unauthorized"}',
    ['Unauthorized Is ROLLCALL_TOKEN a token of this service?'],
  ],
  [403, '{"type":"urn:rollcall:problem:forbidden"}', ['the API answered 403']],
])('%i with %s says %j', (status, body, lines) => {
  const fault = faultOf(status, body);
  expect(fault).toBeInstanceOf(ApiProblem);
  expect((fault as ApiProblem).lines()).toEqual(lines);
});

const WHOSE = 'is ROLLCALL_URL the address of Rollcall, with its base path?';

test.each([
  [502, '<html>', `the answer is 502, and not as Rollcall says it; ${WHOSE}`],
  [500, 'null', `the answer is 500, and not as Rollcall says it; ${WHOSE}`],
  [404, '{"message":"no route"}', `the answer is 404, and not as Rollcall says it; ${WHOSE}`],
  [301, '', `the answer is 301, and not as Rollcall says it; ${WHOSE}`],
  [200, '<html>', `the answer is not JSON; ${WHOSE}`],
  [200, '7', `the answer is not JSON; ${WHOSE}`],
])('%i with %s is no answer of Rollcall', (status, body, message) => {
  const fault = faultOf(status, body);
  expect(fault).toBeInstanceOf(CommandError);
  expect((fault as CommandError).message).toBe(message);
  expect(isTransient(fault)).toBe(status >= 500);
});

test.each([[{}], [{ data: 1, page: {} }], [{ data: [], page: null }]])('%j is no page', (answer) => {
  expect(() => assertPage(answer as never)).toThrow(`the answer is not a list; ${WHOSE}`);
});

test('what has not changed is not sent again', async () => {
  const sent: Record<string, string>[] = [];
  const answers: RawAnswer[] = [
    { status: 200, etag: 'W/"1"', body: '{"data":[1]}' },
    { status: 304, etag: 'W/"1"', body: '' },
  ];
  class Scripted extends ApiClient {
    close = () => Promise.resolve();
    protected send(_path: string, _query: URLSearchParams, headers: Record<string, string>) {
      sent.push(headers);
      return Promise.resolve(answers.shift()!);
    }
  }
  const api = new Scripted();
  const query = new URLSearchParams();
  expect(await api.getChanged('/jobs', query, null)).toEqual({ answer: { data: [1] }, etag: 'W/"1"' });
  expect(await api.getChanged('/jobs', query, 'W/"1"')).toBeNull();
  expect(sent).toEqual([{}, { 'if-none-match': 'W/"1"' }]);
});
