import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** One request of the prober: when it was sent, how it ended, and how long that took. */
const line = z.object({
  at: z.iso.datetime(),
  ms: z.number(),
  status: z.number().optional(),
  /** Instead of a status, where there was no answer. */
  error: z.string().optional(),
});

export type ProbeLine = z.output<typeof line>;

/** What can be reckoned with: times in milliseconds since 1970. */
export type Probe = { sentAt: number; answeredAt: number; good: boolean; result: string };

export function readRequestLog(file: string): Probe[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const complete = lines.filter((text) => text !== '').map((text) => line.parse(JSON.parse(text)));
  return complete.map(toProbe);
}

/** As they were sent: a slow one ends, and is logged, after later ones. */
function inOrder(probes: readonly Probe[]): Probe[] {
  return probes.toSorted((a, b) => a.sentAt - b.sentAt);
}

export function toProbe({ at, ms, status, error }: ProbeLine): Probe {
  const sentAt = Date.parse(at);
  return { sentAt, answeredAt: sentAt + ms, good: status === 200, result: error ?? String(status) };
}

/** The first request sent since then that the API answered with an error of its own. */
export function firstServerError(probes: readonly Probe[], since: number): Probe | undefined {
  return inOrder(probes).find(({ sentAt, result }) => sentAt >= since && /^5\d\d$/.test(result));
}

/**
 * The first good one after the last that failed, whether with a 5xx or without an answer, among those sent from
 * `since` to `to`. undefined while the last one failed, or none did.
 */
export function firstGoodForGood(probes: readonly Probe[], since: number, to: number): Probe | undefined {
  const within = inOrder(probes).filter(({ sentAt }) => sentAt >= since && sentAt <= to);
  const lastFailed = within.findLastIndex(({ good }) => !good);
  return lastFailed < 0 ? undefined : within[lastFailed + 1];
}
