import { Patience } from './patience.js';

let gaveUp: jest.Mock;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate'] });
  gaveUp = jest.fn();
});

afterEach(() => jest.useRealTimers());

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

it('waits for one stretch, less what was spent of it before', async () => {
  const patience = new Patience(1_000, 400, Infinity, gaveUp);
  patience.wait();
  await pass(399);
  expect(gaveUp).not.toHaveBeenCalled();
  await pass(1);
  expect(gaveUp).toHaveBeenCalledTimes(1);
});

it('is not renewed by pieces that are too small', async () => {
  const patience = new Patience(1_000, 1_000, 10, gaveUp);
  for (let piece = 0; piece < 9; piece++) {
    patience.wait();
    await pass(100);
    patience.received(1);
  }
  patience.wait();
  await pass(99);
  expect(gaveUp).not.toHaveBeenCalled();
  await pass(1);
  expect(gaveUp).toHaveBeenCalledTimes(1);
});

it('begins anew whenever enough has come', async () => {
  const patience = new Patience(1_000, 1_000, 10, gaveUp);
  for (let piece = 0; piece < 20; piece++) {
    patience.wait();
    await pass(900);
    patience.received(10);
  }
  expect(gaveUp).not.toHaveBeenCalled();
});

it('does not count what the reader does meanwhile, nor after it stopped', async () => {
  const patience = new Patience(1_000, 1_000, Infinity, gaveUp);
  patience.wait();
  await pass(500);
  patience.received(1);
  await pass(60_000);
  patience.wait();
  await pass(499);
  patience.stop();
  await pass(60_000);
  expect(gaveUp).not.toHaveBeenCalled();
});

it('ends at once when nothing was left from the beginning', async () => {
  const patience = new Patience(1_000, -5, Infinity, gaveUp);
  patience.wait();
  await pass(0);
  expect(gaveUp).toHaveBeenCalledTimes(1);
});

it('reads what came while the process stood still before it gives up', async () => {
  jest.useRealTimers();
  const patience = new Patience(1, 1, Infinity, gaveUp);
  patience.wait();
  const piece = new Promise<void>((resolve) => setTimeout(resolve, 1));
  const until = performance.now() + 20;
  while (performance.now() < until);
  await piece;
  patience.received(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(gaveUp).not.toHaveBeenCalled();
});
