import { formatDuration, formatTimeOfDay } from '../domain/duration.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import type { Overridden } from './settings.ts';

/** What stands where a playbook or a window is not there at all. */
const NOTHING = '(none)';

/** Lengths of time, by their names in the compiled file. */
const DURATIONS = new Set([
  'cooldown',
  'initial',
  'max',
  'per',
  'calm',
  'quarantine',
  'deferAtMost',
  'approveWithin',
  'settle',
  'within',
  'stable',
  'timeout',
]);

/** What differs between two compiled files, value by value, as a person writes them. */
export function changesBetween(before: PlaybookFile, after: PlaybookFile): Overridden[] {
  const from = printed(before);
  const to = printed(after);
  return [...new Set([...from.keys(), ...to.keys()])]
    .map((path) => ({ path, from: from.get(path) ?? NOTHING, to: to.get(path) ?? NOTHING }))
    .filter((change) => change.from !== change.to);
}

function printed({ playbooks, limits, maintenance }: PlaybookFile): Map<string, string> {
  const all = new Map<string, string>();
  walk(limits, 'limits', all);
  // The first playbook that matches is used, so that their order is a setting too.
  all.set('playbooks', playbooks.map(({ name }) => name).join(', '));
  for (const { limits: own, matches: _, ...playbook } of playbooks)
    walk({ ...playbook, ...own }, `playbooks.${playbook.name}`, all);
  for (const window of maintenance) walk(window, `maintenance.${window.name}`, all);
  return all;
}

/** Maps become paths, everything else a value. */
function walk(value: object, path: string, into: Map<string, string>): void {
  for (const [key, child] of Object.entries(value)) {
    const at = `${path}.${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    if (typeof child === 'object' && child !== null && !Array.isArray(child)) walk(child, at, into);
    else into.set(at, print(key, child));
  }
}

function print(key: string, value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === 'number' && DURATIONS.has(key)) return formatDuration(value);
  if (typeof value === 'number' && (key === 'from' || key === 'to')) return formatTimeOfDay(value);
  if (Array.isArray(value)) return value.map((entry: unknown) => print('', entry)).join(', ');
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([name, child]) => `${name}: ${print(name, child)}`);
  return `{ ${entries.join(', ')} }`;
}
