import { AuthError, UnavailableError } from '../../domain/errors.js';
import { Login, LoginResult, withLogin } from './login.js';

const signal = new AbortController().signal;

/** Logs in as 1, 2, 3 … */
function counting(expiresInMs: number | null): {
  login: () => Promise<LoginResult<number>>;
  logins: () => number;
} {
  let logins = 0;
  return { login: () => Promise.resolve({ value: ++logins, expiresInMs }), logins: () => logins };
}

describe('Login', () => {
  test('logs in once however many ask, and shares it', async () => {
    const { login, logins } = counting(null);
    const shared = new Login(login, 1_000);
    expect(shared.current).toBeNull();
    expect(await Promise.all([shared.get(signal), shared.get(signal)])).toEqual([1, 1]);
    expect(await shared.get(signal)).toBe(1);
    expect(shared.current).toBe(1);
    expect(logins()).toBe(1);
  });

  test.each([
    [3_600_000, 60_000, 3_540_000],
    [30_000, 60_000, 15_000],
  ])(
    'that lasts %d ms with a margin of %d is renewed after %d',
    async (expiresInMs, marginMs, renewedAfter) => {
      let now = 5_000;
      const login = new Login(counting(expiresInMs).login, marginMs, () => now);
      expect(await login.get(signal)).toBe(1);
      now += renewedAfter - 1;
      expect(await login.get(signal)).toBe(1);
      now += 1;
      expect(await login.get(signal)).toBe(2);
    },
  );

  test('forgets what is refused, but not what was renewed meanwhile', async () => {
    const login = new Login(counting(null).login, 0);
    await login.get(signal);
    login.invalidate(1);
    expect(await login.get(signal)).toBe(2);
    login.invalidate(1);
    expect(await login.get(signal)).toBe(2);
  });

  test('that failed is tried again by the next, not by those who waited', async () => {
    let logins = 0;
    const login = new Login<number>(() => Promise.reject(new AuthError(`refused ${++logins}`)), 0);
    const both = await Promise.allSettled([login.get(signal), login.get(signal)]);
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect(logins).toBe(1);
    await expect(login.get(signal)).rejects.toThrow('refused 2');
  });

  test('given up by the one who began it goes on for those who waited', async () => {
    const abort = new AbortController();
    let logins = 0;
    const login = new Login<number>((own) => {
      logins++;
      if (own === signal) return Promise.resolve({ value: logins, expiresInMs: null });
      return new Promise((_, reject) => {
        own.addEventListener('abort', () => reject(new UnavailableError('stopped', 'timeout')));
      });
    }, 0);
    const first = login.get(abort.signal);
    const second = login.get(signal);
    abort.abort();
    await expect(first).rejects.toThrow('stopped');
    expect(await second).toBe(2);
  });
});

describe('withLogin', () => {
  test('logs in anew and tries exactly once more when the login is refused', async () => {
    const { login, logins } = counting(null);
    const used: number[] = [];
    const refuse = (credential: number): Promise<never> => {
      used.push(credential);
      return Promise.reject(new AuthError('ended'));
    };
    await expect(withLogin(new Login(login, 0), signal, refuse)).rejects.toThrow('ended');
    expect(used).toEqual([1, 2]);
    expect(logins()).toBe(2);
  });

  test('gives what the second try gives', async () => {
    const work = (credential: number): Promise<string> =>
      credential === 1 ? Promise.reject(new AuthError('ended')) : Promise.resolve('done');
    expect(await withLogin(new Login(counting(null).login, 0), signal, work)).toBe('done');
  });

  test.each([new AuthError('not yours', 'permission'), new UnavailableError('down', 'network')])(
    'does not log in anew after %s',
    async (error) => {
      const { login, logins } = counting(null);
      await expect(withLogin(new Login(login, 0), signal, () => Promise.reject(error))).rejects.toBe(error);
      expect(logins()).toBe(1);
    },
  );

  test('does not try a refused login twice', async () => {
    let logins = 0;
    const login = new Login<number>(() => {
      logins++;
      return Promise.reject(new AuthError('wrong password'));
    }, 0);
    await expect(withLogin(login, signal, () => Promise.resolve())).rejects.toThrow('wrong password');
    expect(logins).toBe(1);
  });
});
