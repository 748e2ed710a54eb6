const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };
const part = /(\d+)(ms|[smhdwy])/g;

/** A duration in Prometheus' spelling, such as `30s` or `1h30m`, and nothing else. */
export const wholeDuration = /^(?:\d+(?:ms|[smhdwy]))+$/;

/** A duration inside the brackets of a PromQL range or subquery, or after `offset`. */
export const promqlDurations = /(?<=\[[^\]]*|\boffset\s+-?)(?<![\w.])(?:\d+(?:ms|[smhdwy]))+/g;

/** `1m` by 5 is `12s`. `0s` stays what it is. */
export function divideDuration(text: string, factor: number): string {
  let total = 0;
  for (const [, count, unit] of text.matchAll(part)) total += Number(count) * size(unit);
  if (factor === 1 || total === 0) return text;

  const result = total / factor;
  if (!Number.isInteger(result)) {
    throw new Error(`${text} divided by ${factor} is no whole number of milliseconds; choose another factor`);
  }
  return format(result);
}

function size(unit: string | undefined): number {
  const found = Object.entries(units).find(([name]) => name === unit);
  if (!found) throw new Error(`${unit} is no unit of time`);
  return found[1];
}

/** In the largest of the usual units that needs no fraction. */
function format(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const)
    if (ms % units[unit] === 0) return `${ms / units[unit]}${unit}`;
  return `${ms}ms`;
}
