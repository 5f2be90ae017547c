import { BROKEN, parseQueryString } from './query-string.js';

const parsed = (text: string) => ({ ...parseQueryString(text) });

describe('parseQueryString', () => {
  it('reads every value of every name', () => {
    expect(parsed('a=1&b=x+y%2Bz&a=2&c&d=&&e=f=g')).toMatchObject({
      a: ['1', '2'],
      b: ['x y+z'],
      c: [''],
      d: [''],
      e: ['f=g'],
    });
  });

  it('keeps what it cannot decode apart', () => {
    const query = parseQueryString('a=%zz&b=%C3&%E0%A4=1&ok=1');
    expect(query[BROKEN]).toEqual(['a=%zz', 'b=%C3', '%E0%A4=1']);
    expect(Object.keys(query)).toEqual(['ok']);
  });

  it('takes names of an object for names', () => {
    const query = parseQueryString('__proto__=1&constructor=2&toString=3');
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});
