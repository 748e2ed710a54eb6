/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** One of the names, each as often as its weight has a share in all of them. */
export function choose<Name extends string>(weights: Readonly<Record<Name, number>>, random: Random): Name {
  const entries = namesOf(weights).map((name) => [name, weights[name]] as const);
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const chosen = entries.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  if (chosen === undefined) throw new Error('all weights are 0');
  return chosen[0];
}

/** A whole number from `least` to `most`, both included. */
export function between(least: number, most: number, random: Random): number {
  return least + Math.floor(random() * (most - least + 1));
}

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] {
  const own = (name: string): name is Name => Object.hasOwn(record, name);
  return Object.keys(record).filter(own);
}
