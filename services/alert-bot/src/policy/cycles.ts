import type { TargetId } from '../domain/target.ts';
import { dependenciesOf, type Graph, inCycle } from './graph.ts';

/** Every group of targets that depend on each other, each in the order of its names; a target on itself is one too. */
export function cyclesOf(graph: Graph): readonly (readonly TargetId[])[] {
  const cycles: TargetId[][] = [];
  for (const id of [...graph.keys()].toSorted()) {
    if (!dependenciesOf(graph, id).has(id) || cycles.some((members) => members.includes(id))) continue;
    cycles.push([...graph.keys()].filter((other) => inCycle(graph, id, other)).toSorted());
  }
  return cycles;
}

/** `a -> b -> a`: one way around a group of targets that depend on each other. */
export function wayAround(graph: Graph, members: readonly TargetId[]): string {
  const [first] = members;
  if (first === undefined) return '';
  // The shortest way back, so that what is named is a cycle and not a walk through the whole group.
  let ways: TargetId[][] = [[first]];
  const seen = new Set<TargetId>();
  while (ways.length > 0) {
    const longer: TargetId[][] = [];
    for (const way of ways)
      for (const next of graph.get(way.at(-1) ?? first) ?? []) {
        if (next === first) return [...way, first].join(' -> ');
        if (seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    ways = longer;
  }
  return first;
}
