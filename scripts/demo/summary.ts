import { availableParallelism, loadavg } from 'node:os';
import type { Stack } from '../stack.ts';
import type { Figures, Seen } from './figures.ts';
import type { Rules } from './playbooks.ts';

const log = 'incident log';
const record = "incident log, compared with the supervisor's record";
const prober = "prober's request log";

/** Each figure with where it comes from. */
export function figureLines({ act1, act2 }: Figures): string[] {
  const after = (ms: number | null) => (ms === null ? '-' : `+${(ms / 1000).toFixed(2)} s`);
  const rows: [string, string, string][] = [
    ['act 1  first failed request', act1.firstErrorAt?.slice(11, 23) ?? '-', `${prober}: sent at, UTC`],
    ['       alert fires', after(act1.firingAfterMs), 'Prometheus /api/v1/alerts: activeAt'],
    ['       delivered to the bot', after(act1.deliveredAfterMs), `${log}: episode openedAt`],
    ['       restart begins', after(act1.actionAfterMs), `${log}: callingAt`],
    ['       healthy again', after(act1.healthyAfterMs), `${prober}: first answer after the last failure`],
    ['       healed, with proof', after(act1.healedAfterMs), `${log}: closedAt`],
    ['       restarts', show(act1.actions), record],
    ['act 2  restarts', show(act2.actions), record],
    ['       budget', show(act2.budget), 'playbooks and overrides, smallest of the budgets'],
    ['       handed over as', show(act2.reason), `${log}: reason`],
    ['       a person was called', show(act2.escalated), 'Alertmanager /api/v2/alerts: RemediationEscalated'],
    ['       restarts afterwards', show(act2.actionsAfterQuarantine), "supervisor's record, for 20 s"],
  ];
  return rows.map(([what, value, source]) => `${what.padEnd(29)}${value.padEnd(14)}${source}`);
}

function show(value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value ?? '-');
}

/** What the figures hold for. */
export function conditionLines(stack: Stack, rules: Rules, versions: Seen['versions']): string[] {
  const { prometheus = '?', alertmanager = '?' } = versions ?? {};
  const durations = stack.replacements.filter(({ kind }) => kind === 'duration');
  const pairs = [...new Set(durations.map(({ from, to }) => `${from} -> ${to}`))];
  const load = loadavg()[0]?.toFixed(1);
  return [
    `Machine     ${availableParallelism()} cores (load ${load}), Node ${process.version}`,
    `            Prometheus ${prometheus}, Alertmanager ${alertmanager}`,
    `Shortened   rules, scrapes, routes: ${pairs.join(', ')}; resend-delay 1m -> ${stack.resendDelay}`,
    ...rules.overridden.map((text, i) => `${(i === 0 ? 'Overrides' : '').padEnd(12)}${text}`),
  ];
}

/** What can be read afterwards. */
export function keptLines(stack: Stack, requestLog: string, incidents: string): string[] {
  return [
    `Kept        requests     ${requestLog}`,
    `            incidents    ${incidents} (from the log in ${stack.places.botData})`,
    `            restarts     ${stack.places.supervisorData}/record.jsonl`,
    `            logs         ${stack.places.logs}`,
  ];
}
