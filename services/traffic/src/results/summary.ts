import { formatDuration } from '../options/duration.ts';
import type { Row, Totals } from './tally.ts';

/** What is printed at the end, for people. */
export function summaryText(totals: Totals, elapsedMs: number, users: number): string {
  const { all, actions, errors, retried } = totals;
  const seconds = elapsedMs / 1_000;
  const lines = [
    `${formatDuration(elapsedMs)}, ${users} users, ${all.count} actions, ${perSecond(all.count, elapsedMs)} a second`,
  ];
  if (all.count > 0 && seconds > 0) {
    lines.push('', tableRow(['', 'count', 'ok', 'declined', 'errors', 'p50', 'p95', 'p99', 'max']));
    for (const row of actions) lines.push(tableRow([row.action, ...cells(row)]));
    if (actions.length > 1) lines.push(tableRow(['all', ...cells(all)]));
    lines.push(
      '',
      'From the moment an action was due, so that waiting behind a slow answer counts (HDR histogram, 3 figures).',
    );
  }
  if (errors.length > 0) lines.push('', 'errors');
  for (const { action, reason, count } of errors) lines.push(`  ${action.padEnd(8)} ${reason}: ${count}`);
  if (retried > 0)
    lines.push('', `purchases asked for once more, under the same idempotency key: ${retried}`);
  return `${lines.join('\n')}\n`;
}

/** One line that says how it goes, for a terminal. */
export function liveText(totals: Totals, elapsedMs: number, rate: number): string {
  const { count, ok, declined, error, p95 } = totals.all;
  const figures = `${count} done, ${ok} ok, ${declined} declined, ${error} errors`;
  const state = count > 0 && !totals.answered ? '  the api does not answer' : `  p95 ${milliseconds(p95)}`;
  return `${clock(elapsedMs)}  ${rate.toFixed(1)}/s  ${figures}${state}`;
}

/** The same for machines; without quantiles where there are none. */
export function rowFields({ count, ok, declined, error, p50, p95, p99, max }: Row) {
  const counts = { count, ok, declined, error };
  if (count === 0) return counts;
  return { ...counts, p50_ms: round(p50), p95_ms: round(p95), p99_ms: round(p99), max_ms: round(max) };
}

export function perSecond(count: number, elapsedMs: number): string {
  return elapsedMs > 0 ? (count / (elapsedMs / 1_000)).toFixed(1) : '0';
}

function cells({ count, ok, declined, error, p50, p95, p99, max }: Row): string[] {
  return [count, ok, declined, error].map(String).concat([p50, p95, p99, max].map(milliseconds));
}

function tableRow([name = '', ...rest]: string[]): string {
  return `${name.padEnd(8)}${rest.map((cell) => cell.padStart(10)).join('')}`;
}

/** `3.21 ms`, `120 ms`, `1.35 s`: three figures. */
function milliseconds(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value < 1_000 ? `${Number(value.toPrecision(3))} ms` : `${Number((value / 1_000).toPrecision(3))} s`;
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  const two = (part: number) => String(part).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  return `${hours > 0 ? `${two(hours)}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const round = (value: number) => Math.round(value * 100) / 100;
