import type { Millis } from '../domain/duration.ts';
import type { AlertmanagerPort, AlertReading } from '../domain/signals.ts';

/** Fresh enough for everything that is decided in one breath, short enough to stop an action by. */
const FRESH: Millis = 200;
/** An Alertmanager that hangs takes its time limit to say so; it is not asked again for each incident. */
const AWAY: Millis = 2_000;

/** Shares one reading among those who ask at the same time: a hundred incidents are one question. */
export function shareReadings(port: AlertmanagerPort, monotonic: () => Millis): AlertmanagerPort {
  let shared: { reading: Promise<AlertReading>; until: Millis } | null = null;
  return {
    send: (alerts) => port.send(alerts),
    read(now) {
      if (shared !== null && monotonic() < shared.until) return shared.reading;
      const mine = { reading: port.read(now), until: Number.POSITIVE_INFINITY };
      shared = mine;
      mine.reading.then(
        () => {
          mine.until = monotonic() + FRESH;
        },
        () => {
          mine.until = monotonic() + AWAY;
        },
      );
      return mine.reading;
    },
  };
}
