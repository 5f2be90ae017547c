import { OidcConfig } from '../../config/config.js';
import { principalOfClaims } from './oidc.claims.js';

const CONFIG: OidcConfig = {
  issuer: 'https://id.example.com',
  audience: 'rollcall',
  jwksUri: null,
  algorithms: ['ES256'],
  nameClaim: 'sub',
  scopesClaim: 'scope',
  sourcesClaim: null,
  roles: { 'on-call': ['jobs:read', 'jobs:act'] },
  clockToleranceMs: 0,
};

const read = (claims: object, over: Partial<OidcConfig> = {}) =>
  principalOfClaims({ sub: 'ann', ...claims }, { ...CONFIG, ...over });
const scopes = (claims: object, over?: Partial<OidcConfig>) => [...read(claims, over)!.scopes];

test.each([
  ['text with spaces', { scope: 'openid jobs:read  sources:read' }, {}, ['jobs:read', 'sources:read']],
  ['a list', { scope: ['jobs:read', 7, null, 'jobs:read'] }, {}, ['jobs:read']],
  ['a role', { scope: 'on-call metrics:read' }, {}, ['jobs:read', 'jobs:act', 'metrics:read']],
  [
    'an inner claim',
    { realm: { roles: ['on-call'] } },
    { scopesClaim: 'realm.roles' },
    ['jobs:read', 'jobs:act'],
  ],
  ['a name with dots', { 'https://x.y/z': 'jobs:read' }, { scopesClaim: 'https://x.y/z' }, ['jobs:read']],
  ['nothing', {}, {}, []],
  ['a number', { scope: 7 }, {}, []],
  ['words of the prototype', { scope: 'constructor __proto__ toString' }, {}, []],
  ['a path through text', { scope: 'jobs:read' }, { scopesClaim: 'scope.length' }, []],
  ['a path through the prototype', {}, { scopesClaim: '__proto__.constructor.name' }, []],
])('scopes of %s', (_, claims, over, expected) => {
  expect(scopes(claims, over)).toEqual(expected);
});

test.each([
  ['no claim is named: every source', { sources: ['charts'] }, null, null],
  ['a list', { sources: ['charts', 'store'] }, 'sources', ['charts', 'store']],
  ['text', { sources: 'charts store' }, 'sources', ['charts', 'store']],
  ['every source, said aloud', { sources: ['*'] }, 'sources', null],
  ['the claim is missing: none', {}, 'sources', []],
  ['the claim is not readable: none', { sources: { charts: true } }, 'sources', []],
])('sources: %s', (_, claims, sourcesClaim, expected) => {
  expect(read(claims, { sourcesClaim })!.sources).toEqual(expected);
});

test.each([[undefined], [7], [''], ['a\nb'], ['\ud800'], ['x'.repeat(201)], [{ name: 'ann' }]])(
  'the name %j is none',
  (sub) => {
    expect(read({ sub })).toBeNull();
  },
);

test('a name is told from those of tokens', () => {
  expect(read({})!.name).toBe('oidc:ann');
});
