import { parsePostmasterFile } from './postmaster-file.js';

describe('parsePostmasterFile', () => {
  it('reads the file of a running server', () => {
    const text = '4242\n/data\n1763852400\n43551\n\n127.0.0.1\n  1048577         7\nready   \n';
    expect(parsePostmasterFile(text)).toEqual({ pid: 4242, port: 43551, status: 'ready' });
  });

  it('reads as much as a starting server has written', () => {
    expect(parsePostmasterFile('4242\n/data\n1763852400\n43551\n')).toEqual({
      pid: 4242,
      port: 43551,
      status: null,
    });
    expect(parsePostmasterFile('4242')).toEqual({ pid: 4242, port: null, status: null });
  });

  it.each(['', '\n\n\n', 'rubbish\nrubbish\nrubbish\nrubbish\n', '-1\n/data\n0\n0\n', '0'])(
    'reads nothing from %p',
    (text) => {
      expect(parsePostmasterFile(text)).toEqual({ pid: null, port: null, status: null });
    },
  );
});
