export type Dependent = { name: string; dependsOn: readonly string[] };

export type Order<T> = {
  sorted: T[] /** The names on each cycle, first one repeated at the end. */;
  cycles: string[][];
};

/** Dependencies before their dependants, otherwise as written. Names that are not given are passed over. */
export function startOrder<T extends Dependent>(all: readonly T[]): Order<T> {
  const byName = new Map(all.map((one) => [one.name, one]));
  const done = new Set<string>();
  const order: Order<T> = { sorted: [], cycles: [] };

  const visit = (one: T, trail: readonly string[]) => {
    if (done.has(one.name)) return;
    const from = trail.indexOf(one.name);
    if (from !== -1) {
      order.cycles.push([...trail.slice(from), one.name]);
      return;
    }
    for (const name of one.dependsOn) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency, [...trail, one.name]);
    }
    // Once more: on a cycle the visit of a dependency has come back and finished this one already.
    if (done.has(one.name)) return;
    done.add(one.name);
    order.sorted.push(one);
  };
  for (const one of all) visit(one, []);
  return order;
}
