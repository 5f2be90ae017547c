import { untilSignal } from './until-signal.js';

const log = { error: jest.fn() };

it('stops the service at a signal, and not before', async () => {
  const told: string[] = [];
  const stop = () => Promise.resolve(void told.push('stopped'));
  const ended = untilSignal({ log, stopWithinMs: 60_000, stop }, () => void told.push('ready'), fail);
  expect(told).toEqual(['ready']);
  process.emit('SIGTERM');
  await ended;
  expect(told).toEqual(['ready', 'stopped']);
});

it('ends the process when the service does not stop in time', async () => {
  const code = await new Promise<number>((exit) => {
    const stop = () => new Promise<never>(() => undefined);
    void untilSignal({ log, stopWithinMs: 20, stop }, () => undefined, exit);
    process.emit('SIGINT');
  });
  expect(code).toBe(1);
  expect(log.error).toHaveBeenCalledWith({
    stopWithinMs: 20,
    msg: 'not stopped in time: what is under way is cut off',
  });
});

it('a stop that fails is told of', async () => {
  const stop = () => Promise.reject(new Error('the database is gone'));
  const ended = untilSignal({ log, stopWithinMs: 60_000, stop }, () => undefined, fail);
  process.emit('SIGTERM');
  await expect(ended).rejects.toThrow('the database is gone');
});

it('reads its configuration again at SIGHUP, and ends where there is none', async () => {
  const told: string[] = [];
  const stop = () => Promise.resolve(void told.push('stopped'));
  const reload = () => Promise.resolve(void told.push('reloaded'));
  const ended = untilSignal({ log, stopWithinMs: 60_000, stop, reload }, () => undefined, fail);
  process.emit('SIGHUP');
  process.emit('SIGHUP');
  process.emit('SIGTERM');
  await ended;
  expect(told).toEqual(['reloaded', 'reloaded', 'stopped']);
  const demo = untilSignal({ log, stopWithinMs: 60_000, stop }, () => undefined, fail);
  process.emit('SIGHUP');
  await demo;
  expect(told).toHaveLength(4);
});

function fail(code: number): never {
  throw new Error(`ended with ${code}`);
}
