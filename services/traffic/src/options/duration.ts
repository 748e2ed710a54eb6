const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const pattern = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;

/** `90s`, `1h30m`, `500ms` in whole milliseconds; undefined if it is not a duration. A number without a unit is none. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null || text === '') return undefined;
  const [, h = '0', m = '0', s = '0', ms = '0'] = match;
  return Math.round(Number(h) * units.h + Number(m) * units.m + Number(s) * units.s + Number(ms) * units.ms);
}

/** For people: `850ms`, `30s`, `2m30s`, `1h5m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  const seconds = Math.round(milliseconds / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : `${count}${unit}`)).join('');
}
