import { safeLink } from './links.js';

const baseUrl = 'https://api.example.com/root';

describe('safeLink', () => {
  it.each([
    ['on the source', 'https://api.example.com/jobs/1', 'https://api.example.com/jobs/1'],
    ['without a path', 'https://api.example.com', 'https://api.example.com/'],
    ['with another case of host', 'HTTPS://API.Example.com/A', 'https://api.example.com/A'],
    ['with the default port', 'https://api.example.com:443/a', 'https://api.example.com/a'],
    ['with a query and a fragment', 'https://api.example.com/a?token=s#f', 'https://api.example.com/a'],
    ['with user information', 'https://user:pass@api.example.com/a', 'https://api.example.com/a'],
    [
      'with hostile characters',
      'https://api.example.com/a\0\uD800"<',
      'https://api.example.com/a%00%EF%BF%BD%22%3C',
    ],
    ['on a host that the connector names', 'https://app.example.com/x', 'https://app.example.com/x'],
    ['on a named host with a port', 'https://logs.example.com:8443/x', 'https://logs.example.com:8443/x'],
  ])('keeps a link %s', (_, value, expected) => {
    expect(safeLink(value, { baseUrl, hosts: ['app.example.com', 'logs.example.com:8443'] })).toBe(expected);
  });

  it.each([
    ['plain http', 'http://api.example.com/a'],
    ['a script', 'javascript:alert(1)'],
    ['another host', 'https://evil.example.com/a'],
    ['another port', 'https://api.example.com:8443/a'],
    ['a host that only ends alike', 'https://evilapi.example.com/a'],
    ['the host as user information', 'https://api.example.com@evil.example.com/a'],
    ['a relative link', '/jobs/1'],
    ['no URL', '[redacted]'],
    ['empty text', ''],
    ['a number', 5],
    ['null', null],
    ['nothing', undefined],
  ])('drops %s', (_, value) => {
    expect(safeLink(value, { baseUrl })).toBeUndefined();
  });

  it('drops an https link when the source itself is plain http on another port', () => {
    expect(safeLink('https://localhost/a', { baseUrl: 'http://localhost:8080' })).toBeUndefined();
  });
});
