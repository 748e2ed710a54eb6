// Preloaded into a bot that makes a log of long ago: its wall clock is a hundred days behind, all of the time.
const BACK = 100 * 24 * 3_600_000;
const { now } = Date;
globalThis.Date = class extends Date {
  constructor(...given) {
    if (given.length === 0) super(now() - BACK);
    else super(...given);
  }
  static now() {
    return now() - BACK;
  }
};
