import { join } from 'node:path';
import { atRate, flatOut } from '../../tests/support/load.ts';
import { startPayments } from '../../tests/support/payments.ts';
import type { Bench } from '../bench.ts';
import { startBeside } from '../beside.ts';
import type { Figure } from '../figure.ts';
import { median } from '../machine.ts';
import { pgbenchInserts } from './pgbench.ts';
import { allWell, batch, p50, p99, purchase, signals, startShop } from './shop.ts';

/** Those of the api's pool, for pgbench too. */
const DATABASE_CONNECTIONS = 10;
/** Enough to keep the pool busy. */
const HTTP_CONNECTIONS = 32;
const PER_SECOND = 500;
/** Of what is compared in turns; the median of them is told. */
const ROUNDS = 3;

const here = (file: string): string => join(import.meta.dirname, file);

/** Purchases a second, as fast as they go. */
async function flat(what: string, url: string, { seconds, step }: Bench): Promise<number> {
  step(what);
  await flatOut(url, purchase, { connections: HTTP_CONNECTIONS, seconds: seconds / 3 });
  return allWell(what, await flatOut(url, purchase, { connections: HTTP_CONNECTIONS, seconds })).rate;
}

async function steady(what: string, url: string, { seconds, step }: Bench): Promise<number> {
  step(what);
  await atRate(url, purchase, { perSecond: PER_SECOND, seconds: seconds / 3 });
  return p99(allWell(what, await atRate(url, purchase, { perSecond: PER_SECOND, seconds })));
}

export const shopFigures: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = {
  async insert(bench) {
    await using gateway = await startBeside(here('gateway.ts'));
    const database = await bench.database('insert');
    // Alternating, so that what else the machine does meets both alike.
    const ours: number[] = [];
    const bares: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      await using shop = await startShop(database, gateway.url);
      ours.push(await flat(`purchases, gateway at 0 ms, round ${round}`, shop.url, bench));
      await using bare = await startBeside(here('bare.ts'), {
        env: { DATABASE_URL: database, GATEWAY_URL: gateway.url },
      });
      bares.push(await flat(`the same by a bare handler, round ${round}`, bare.url, bench));
    }
    bench.step('pgbench');
    const { seconds } = bench;
    const rows = await pgbenchInserts(database, { connections: DATABASE_CONNECTIONS, seconds });
    const payments = await startPayments();
    try {
      await using real = await startShop(database, payments.url);
      const withPayments = await flat('purchases, real payments', real.url, bench);
      const value = median(ours);
      const unit = 'a second';
      const baseline = { what: "pgbench's same insert", value: rows };
      const bare = { what: 'a bare handler with the same statements and call', value: median(bares) };
      const what = 'POST /transactions, gateway at 0 ms';
      return [
        { name: 'insert', what, value, unit, baseline, bar: { of: 'ratio', atLeast: 0.4 } },
        { name: 'bare', what, value, unit, baseline: bare },
        { name: 'payments', what: 'the same with the real payments', value: withPayments, unit, baseline },
      ];
    } finally {
      await payments.stop();
    }
  },

  async signals(bench) {
    await using gateway = await startBeside(here('gateway.ts'));
    await using receiver = await startBeside(here('receiver.ts'));
    const database = await bench.database('signals');
    const rates: number[] = [];
    for (const [what, env] of [
      ['telemetry off', {}],
      ['everything traced', signals(receiver.url, 1)],
      ['one in ten traced', signals(receiver.url, 0.1)],
    ] as const) {
      await using shop = await startShop(database, gateway.url, env);
      rates.push(await flat(`purchases, ${what}`, shop.url, bench));
    }
    const [off = Number.NaN, all = Number.NaN, tenth = Number.NaN] = rates;
    const baseline = { what: 'telemetry off', value: off };
    return [
      {
        ...{ name: 'all', what: 'POST /transactions, everything traced', value: all, unit: 'a second' },
        ...{ baseline, bar: { of: 'ratio', atLeast: 0.4 } },
      },
      {
        ...{ name: 'tenth', what: 'POST /transactions, one in ten traced', value: tenth, unit: 'a second' },
        ...{ baseline, bar: { of: 'ratio', atLeast: 0.6 } },
      },
    ];
  },

  async latency(bench) {
    await using gateway = await startBeside(here('gateway.ts'));
    await using receiver = await startBeside(here('receiver.ts'));
    const database = await bench.database('latency');
    const measure = async (what: string, env: Record<string, string>) => {
      await using shop = await startShop(database, gateway.url, env);
      // Not without await: the shop would be ended with the scope, before it is asked.
      return await steady(`${PER_SECOND} purchases a second, ${what}`, shop.url, bench);
    };
    const [off, on]: [number[], number[]] = [[], []];
    for (let round = 1; round <= ROUNDS; round++) {
      off.push(await measure(`telemetry off, round ${round}`, {}));
      on.push(await measure(`everything traced, round ${round}`, signals(receiver.url, 1)));
    }
    const what = `p99 of POST /transactions at ${PER_SECOND} a second, everything traced`;
    const baseline = { what: 'telemetry off', value: median(off) };
    return [{ name: 'p99', what, value: median(on), unit: 'ms', baseline, bar: { of: 'value', atMost: 25 } }];
  },

  async batch(bench) {
    await using gateway = await startBeside(here('gateway.ts'), { env: { GATEWAY_MS: '10' } });
    await using shop = await startShop(await bench.database('batch'), gateway.url);
    const measure = async (mode: string) => {
      bench.step(`batches of 20, ${mode}`);
      const load = await flatOut(shop.url, () => batch(mode), { connections: 1, seconds: bench.seconds });
      return p50(allWell(mode, load, 200));
    };
    const value = await measure('concurrent');
    const baseline = { what: 'sequential', value: await measure('sequential') };
    const what = 'median of a batch of 20, concurrent, gateway at 10 ms';
    return [{ name: 'batch', what, value, unit: 'ms', baseline, bar: { of: 'ratio', atMost: 0.1 } }];
  },
};
