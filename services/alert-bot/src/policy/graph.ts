import type { Dependency, Target, TargetId } from '../domain/target.ts';

/** What depends on what, by target: the dependencies of each. */
export type Graph = ReadonlyMap<TargetId, readonly TargetId[]>;

export const graphOf = (targets: readonly Pick<Target, 'id' | 'dependsOn'>[]): Graph =>
  new Map(targets.map(({ id, dependsOn }) => [id, dependsOn.map((dependency) => dependency.id)]));

/** What each target asks for itself, with the condition. */
export const asksOf = (
  targets: readonly Pick<Target, 'id' | 'dependsOn'>[],
): ReadonlyMap<TargetId, readonly Dependency[]> =>
  new Map(targets.map(({ id, dependsOn }) => [id, dependsOn]));

/** Everything a target depends on, over however many steps; itself only where it is in a cycle. */
export function dependenciesOf(graph: Graph, id: TargetId): ReadonlySet<TargetId> {
  const found = new Set<TargetId>();
  const left = [...(graph.get(id) ?? [])];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    left.push(...(graph.get(next) ?? []));
  }
  return found;
}

/**
 * Everything that has to be well for a target, over however many steps, nearest first: what fails deep down shows above it.
 * Each once, with the condition of the nearest that asks for it; the target itself is not among them.
 */
export function needsOf(
  target: Pick<Target, 'id' | 'dependsOn'>,
  asks: ReturnType<typeof asksOf>,
): readonly Dependency[] {
  const found = new Map<TargetId, Dependency>();
  for (let next = target.dependsOn; next.length > 0; ) {
    const fresh: Dependency[] = [];
    for (const dependency of next) {
      // Two of one level may ask for the same: twice in the next one, it would be four times in the one after that.
      if (dependency.id === target.id || found.has(dependency.id)) continue;
      found.set(dependency.id, dependency);
      fresh.push(dependency);
    }
    next = fresh.flatMap(({ id }) => asks.get(id) ?? []);
  }
  return [...found.values()];
}

/** Whether two targets depend on each other, each on the other. */
export const inCycle = (graph: Graph, a: TargetId, b: TargetId): boolean =>
  dependenciesOf(graph, a).has(b) && dependenciesOf(graph, b).has(a);

/** Whether one of two targets depends on the other. */
export const related = (graph: Graph, a: TargetId, b: TargetId): boolean =>
  dependenciesOf(graph, a).has(b) || dependenciesOf(graph, b).has(a);

/**
 * How far a target stands above what depends on nothing: 0 depends on nothing (or only on its own cycle). What
 * others need comes first, so the order is by depth, lowest first.
 * @param known depths found so far: without them a chain of thirty would be walked in each of its 2^29 ways
 */
export function depthOf(graph: Graph, id: TargetId, known = new Map<TargetId, number>()): number {
  const before = known.get(id);
  if (before !== undefined) return before;
  const others = [...dependenciesOf(graph, id)].filter((one) => one !== id && !inCycle(graph, id, one));
  // Each step down has fewer dependencies left, members of a cycle having the same: so this ends.
  const depth = others.length === 0 ? 0 : 1 + Math.max(...others.map((one) => depthOf(graph, one, known)));
  known.set(id, depth);
  return depth;
}
