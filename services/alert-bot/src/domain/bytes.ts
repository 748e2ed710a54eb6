/** A size in bytes. */
export type Bytes = number;

// As in Prometheus' --storage.tsdb.retention.size: powers of two under the names of the powers of ten.
const UNITS: readonly string[] = ['B', 'KB', 'MB', 'GB', 'TB'];

/**
 * Reads a size in Prometheus' spelling: `512MB`, `1GB`.
 * @returns bytes, or undefined where the text is not a size
 */
export function parseBytes(text: string): Bytes | undefined {
  const match = /^(\d+)([KMGT]?B)$/.exec(text);
  const power = UNITS.indexOf(match?.[2] ?? '');
  if (match === null || power < 0) return undefined;
  const total = Number(match[1]) * 1024 ** power;
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Prints bytes in the largest unit that leaves no fraction, so that it can be read again: 1073741824 → `1GB`. */
export function formatBytes(size: Bytes): string {
  let power = 0;
  while (power < UNITS.length - 1 && size >= 1024 ** (power + 1) && size % 1024 ** (power + 1) === 0) power++;
  return `${size / 1024 ** power}${UNITS[power]}`;
}
