import { between, choose, type Random } from '../users/random.ts';

const currencies = { EUR: 60, USD: 25, GBP: 10, JPY: 5 };
const things = [
  'tea',
  'coffee',
  'a book',
  'two tickets',
  'a lamp',
  'running shoes',
  'groceries',
  'a bicycle',
];

/** Something to buy. Many small amounts and few large ones (log-normal, median 20.00), in minor units. */
export function somethingToBuy(random: Random) {
  return {
    amount: Math.max(1, Math.round(Math.exp(Math.log(2_000) + 1.1 * normal(random)))),
    currency: choose(currencies, random),
    description: things[between(0, things.length - 1, random)] ?? null,
  };
}

/** From the standard normal distribution (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
