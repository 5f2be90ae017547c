import { ApiProblem, readAnswer } from './api-client.js';

function problemOf(status: number, body: string): ApiProblem {
  try {
    readAnswer(status, body);
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
  throw new Error('it was an answer');
}

test('a 2xx with JSON is the answer', () => {
  expect(readAnswer(200, '{"data":[]}')).toEqual({ data: [] });
});

test.each([
  [
    400,
    '{"title":"Bad","errors":[{"parameter":"limit","detail":"too big"},{"detail":"odd"}]}',
    ['limit: too big', 'odd'],
  ],
  [503, '{"title":"Down","detail":"starting","requestId":"r1"}', ['starting (request r1)']],
  [401, '{"title":"Unauthorized"}', ['Unauthorized']],
  [502, '<html>', ['the API answered 502']],
  [500, 'null', ['the API answered 500']],
  [200, '<html>', ['the answer is not JSON; is this the address of Rollcall?']],
])('%i with %s says %j', (status, body, lines) => {
  expect(problemOf(status, body).lines()).toEqual(lines);
});
