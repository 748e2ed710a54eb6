/** A stream of pseudo-random numbers; the same seed and name give the same stream for ever. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T;
  /** One of the keys, as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K;
  shuffle<T>(list: readonly T[]): T[];
  hex(digits: number): string;
}

/** xorshift128 (Marsaglia), seeded by a hash of the seed and the stream's name. */
export function createRandom(seed: number, name: string): Random {
  const state = hashes(`${seed}/${name}`);
  const next = (): number => {
    let t = state[0];
    const s = state[3];
    t ^= t << 11;
    t ^= t >>> 8;
    const w = (t ^ s ^ (s >>> 19)) | 0;
    state[0] = state[1];
    state[1] = state[2];
    state[2] = s;
    state[3] = w;
    return (w >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();

  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const random: Random = {
    next,
    int,
    chance: (probability) => next() < probability,
    pick(list) {
      const [first] = list;
      if (first === undefined) throw new Error('there is nothing to pick from');
      return list[int(0, list.length - 1)] ?? first;
    },
    weighted(weights) {
      const entries = Object.entries<number | undefined>(weights);
      let left = next() * entries.reduce((sum, [, weight = 0]) => sum + weight, 0);
      for (const [key, weight = 0] of entries) {
        left -= weight;
        if (left < 0 && isKeyOf(weights, key)) return key;
      }
      throw new Error('every weight is 0');
    },
    shuffle(list) {
      const left = [...list];
      const mixed: typeof left = [];
      while (left.length > 0) mixed.push(...left.splice(int(0, left.length - 1), 1));
      return mixed;
    },
    hex: (digits) => Array.from({ length: digits }, () => int(0, 15).toString(16)).join(''),
  };
  return random;
}

const isKeyOf = <K extends string>(
  weights: Readonly<Partial<Record<K, number>>>,
  key: string,
): key is Extract<K, string> => Object.hasOwn(weights, key);

/** Four 32-bit numbers, FNV-1a with four offsets; never all zero. */
function hashes(text: string): [number, number, number, number] {
  const one = (offset: number): number => {
    let hash = 0x811c9dc5 ^ offset;
    for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
    // Seeds beside each other must not begin alike (murmur3's finalizer).
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) | 1;
  };
  return [one(1), one(2), one(3), one(4)];
}
