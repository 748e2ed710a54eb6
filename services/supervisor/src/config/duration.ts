const UNITS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const PATTERN = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** `1m30s`, `500ms`, `0s` in milliseconds; null if it is not a duration. A number without a unit is none. */
export function parseDuration(text: string): number | null {
  const match = PATTERN.exec(text);
  if (match === null || text === '') return null;
  const [, h = '0', m = '0', s = '0', ms = '0'] = match;
  return Number(h) * UNITS.h + Number(m) * UNITS.m + Number(s) * UNITS.s + Number(ms) * UNITS.ms;
}
