import type { ProcessView } from './supervisor-view.ts';

/** Who must never be touched: the processes the healing itself stands on (G11). */
export interface Watchers {
  /** Process ids of this bot and of what started it. */
  ownPids: readonly number[];
  /** Names of the processes the bot cannot do without, such as `prometheus`. */
  names: readonly string[];
}

/** Why each protected process is protected, by name: watchers and, over any number of steps, what they depend on. */
export function protection(views: readonly ProcessView[], watchers: Watchers): Map<string, string> {
  const byName = new Map(views.map((view) => [view.name, view]));
  const because = new Map<string, string>();
  const protect = (view: ProcessView, why: string) => {
    if (because.has(view.name)) return;
    because.set(view.name, why);
    for (const name of view.dependsOn) {
      const dependency = byName.get(name);
      if (dependency !== undefined) protect(dependency, `${view.name} depends on it: ${why}`);
    }
  };
  for (const view of views) {
    if (view.pid !== null && watchers.ownPids.includes(view.pid)) protect(view, 'it is the bot itself');
    else if (watchers.names.includes(view.name)) protect(view, `the bot depends on ${view.name}`);
  }
  return because;
}
