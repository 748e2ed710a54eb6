import { REASONS } from '../../services/alert-bot/src/domain/reason.ts';
import { POINTS } from './crash-points.ts';
import type { RunResult } from './run.ts';

/** What many runs must have come to, so that they say something. Under so many runs it is printed and not asserted. */
const ASSERTED_FROM = 1_000;
const EVENTS_AT_LEAST = 150;
const HITS_AT_LEAST = 50;
const REASONS_AT_LEAST = 20;
const CALLS_IN_AT_LEAST = 0.9;

export interface Total {
  runs: number;
  events: number;
  fewest: { events: number; seed: number };
  boots: number;
  calls: number;
  withCalls: number;
  hits: Map<string, number>;
  reasons: Map<string, number>;
  failed: RunResult[];
}

export const nothingYet = (): Total => ({
  runs: 0,
  events: 0,
  fewest: { events: Number.POSITIVE_INFINITY, seed: 0 },
  boots: 0,
  calls: 0,
  withCalls: 0,
  hits: new Map(POINTS.map((point) => [point, 0])),
  reasons: new Map(
    Object.entries(REASONS).flatMap(([kind, reasons]) =>
      reasons.map((reason): [string, number] => [`${kind} ${reason}`, 0]),
    ),
  ),
  failed: [],
});

export function add(total: Total, result: RunResult): void {
  total.runs++;
  total.events += result.events;
  if (result.events < total.fewest.events) total.fewest = { events: result.events, seed: result.seed };
  total.boots += result.boots;
  total.calls += result.calls;
  if (result.calls > 0) total.withCalls++;
  for (const [to, from] of [
    [total.hits, result.hits],
    [total.reasons, result.reasons],
  ] as const)
    for (const [name, count] of Object.entries(from)) to.set(name, (to.get(name) ?? 0) + count);
  if (result.failures.length > 0) total.failed.push(result);
}

/** What is too little, a sentence each. */
export function lacking(total: Total): string[] {
  const { runs, fewest, withCalls, hits, reasons } = total;
  const share = withCalls / Math.max(1, runs);
  return [
    ...(fewest.events < EVENTS_AT_LEAST
      ? [`seed ${fewest.seed} had ${fewest.events} events, ${EVENTS_AT_LEAST} are the least`]
      : []),
    ...(share < CALLS_IN_AT_LEAST
      ? [
          `the platform was called in ${percent(share)} of the runs, ${percent(CALLS_IN_AT_LEAST)} are the least`,
        ]
      : []),
    ...tooFew(named(hits), HITS_AT_LEAST).map(
      ([name, count]) => `the process died ${count} times at ${name}, ${HITS_AT_LEAST} are the least`,
    ),
    ...tooFew(reasons, REASONS_AT_LEAST).map(
      ([name, count]) => `${name} was reached ${count} times, ${REASONS_AT_LEAST} are the least`,
    ),
  ];
}

export const isAsserted = (total: Total): boolean => total.runs >= ASSERTED_FROM;

/** Those that a run can favour; others are hit now and then. */
const named = (hits: ReadonlyMap<string, number>) =>
  new Map(POINTS.map((point) => [point, hits.get(point) ?? 0]));
const tooFew = (counts: ReadonlyMap<string, number>, least: number) =>
  [...counts].filter(([, count]) => count < least);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The summary, for people. */
export function describe(total: Total): string {
  const { runs, events, fewest, boots, calls, withCalls, hits, reasons } = total;
  const mean = (sum: number) => Math.round(sum / Math.max(1, runs));
  return [
    `events       ${events}, ${mean(events)} a run, at least ${fewest.events} (seed ${fewest.seed})`,
    `boots        ${boots}`,
    `calls        ${calls}, in ${percent(withCalls / Math.max(1, runs))} of the runs`,
    `died at      ${columns(hits)}`,
    `reasons      ${columns(reasons)}`,
  ].join('\n');
}

function columns(counts: ReadonlyMap<string, number>): string {
  const cells = [...counts].map(([name, count]) => `${name} ${count}`.padEnd(34));
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += 3)
    lines.push(
      cells
        .slice(i, i + 3)
        .join('')
        .trimEnd(),
    );
  return lines.join('\n             ');
}
