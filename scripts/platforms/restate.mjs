// node restate.mjs PORT: services for the platforms lab, which copies this file to where npm has installed what it imports. What an
// invocation does is its handler's name.

// The SDK needs what Node has from version 22 on.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new this((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
};
const restate = await import('@restatedev/restate-sdk');
const { createServer } = await import('node:http2');

const port = Number(process.argv[2]);
const HOUR_MS = 3_600_000;
/** How often each invocation was tried. */
const tries = new Map();

const succeeds = (ctx) => ctx.sleep(500);
const sleepsLong = (ctx) => ctx.sleep(HOUR_MS);
const fails = (message, errorCode) => () => {
  throw new restate.TerminalError(message, { errorCode });
};
const breaks = () => {
  throw new Error('transient upstream 503\nwith a second line');
};
const retried = (retryPolicy, handler) =>
  restate.handlers.handler(
    { retryPolicy: { initialInterval: 2_000, maxInterval: 3_000, ...retryPolicy } },
    handler,
  );

const jobs = restate.service({
  name: 'jobs',
  handlers: {
    succeeds: succeeds,
    begins_later: succeeds,
    waits_an_hour: succeeds,
    is_cancelled_scheduled: succeeds,
    is_cancelled: sleepsLong,
    is_killed: sleepsLong,
    runs_long: restate.handlers.handler({ inactivityTimeout: 1_000 }, (ctx) => ctx.sleep(20_000)),
    fails: fails('boom: bad input', 422),
    // An application's own words that look like Restate's.
    fails_with_409: fails('the order was cancelled, its payment killed', 409),
    times_out: (ctx) => ctx.sleep(HOUR_MS).orTimeout(2_000),
    succeeds_on_third_try: retried({}, (ctx) => {
      const { id } = ctx.request();
      tries.set(id, (tries.get(id) ?? 0) + 1);
      if (tries.get(id) < 3) breaks();
    }),
    fails_after_tries: retried({ maxAttempts: 3, onMaxAttempts: 'kill' }, breaks),
    is_paused: retried({ maxAttempts: 2, onMaxAttempts: 'pause' }, breaks),
    keeps_retrying: retried({ maxAttempts: 100_000 }, breaks),
  },
});
const inbox = restate.object({
  name: 'inbox',
  handlers: { waits_for_its_turn: (ctx) => ctx.sleep(3_000) },
});

createServer(restate.createEndpointHandler({ services: [jobs, inbox] })).listen(port, '127.0.0.1');
