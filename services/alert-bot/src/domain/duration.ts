/** Milliseconds since the epoch. Every `now` in the bot is one, and is passed in. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Millis = number;

const UNITS = [
  ['y', 365 * 24 * 3_600_000],
  ['w', 7 * 24 * 3_600_000],
  ['d', 24 * 3_600_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const SHAPE = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Reads a duration in Prometheus' spelling (`90s`, `1h30m`, `0`), units in falling order.
 * Source: Prometheus' model.ParseDuration.
 * @returns milliseconds, or undefined where the text is not a duration
 */
export function parseDuration(text: string): Millis | undefined {
  if (text === '0') return 0;
  const match = SHAPE.exec(text);
  if (match === null || text === '') return undefined;
  const total = UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Prints milliseconds in Prometheus' spelling: 90000 → `1m30s`, 0 → `0s`. */
export function formatDuration(length: Millis): string {
  let rest = Math.round(length);
  if (rest < 0) return `-${formatDuration(-rest)}`;
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of UNITS) {
    // Years and weeks read badly for what people set in days and hours; Prometheus parses both.
    if (unit === 'y' || unit === 'w') continue;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

/** Prints minutes since midnight as `02:00`. */
export const formatTimeOfDay = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
