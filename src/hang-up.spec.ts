import { HangUp } from './hang-up.js';

it('is the end only where there was a terminal that is gone', () => {
  let terminal = true;
  const inWindow = new HangUp(() => terminal);
  expect(inWindow.meansEnd()).toBe(false);
  terminal = false;
  expect(inWindow.meansEnd()).toBe(true);
  // a service without a terminal is asked to reload, whatever comes
  expect(new HangUp(() => terminal).meansEnd()).toBe(false);
});

it('finds out by itself', () => {
  expect(new HangUp().meansEnd()).toBe(false);
});
