// node --require shifted-clock.cjs: a process whose system clock is ROLLCALL_TEST_CLOCK_OFFSET_MS off. Its monotonic clock is not.
const offsetMs = Number(process.env.ROLLCALL_TEST_CLOCK_OFFSET_MS);
const SystemDate = Date;

globalThis.Date = class Date extends SystemDate {
  constructor(...parts) {
    if (parts.length === 0) super(SystemDate.now() + offsetMs);
    else super(...parts);
  }

  static now() {
    return SystemDate.now() + offsetMs;
  }
};
