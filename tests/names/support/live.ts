/** The services as they run, on a real PostgreSQL: driven along every route, and scraped. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../../../scripts/stack/until.ts';
import { type Stack, startStack } from '../../../scripts/stack.ts';
import { parseExposition, type Series } from './catalog.ts';
import { drive } from './drive.ts';
import { type Traced, traceOnePurchase } from './traced.ts';
import { startTraffic } from './traffic.ts';

export interface Live {
  /** What each service exports, by the name of its scrape job. */
  exported: Map<string, Series>;
  /** The fields of the lines that the services wrote. */
  logFields: Set<string>;
  traced: Traced;
  /** Routes that nobody asked for: `GET /transactions`. */
  undriven: string[];
}

/** Takes a few seconds. Nothing is left running. */
export async function driveEverything(): Promise<Live> {
  const folder = mkdtempSync(join(tmpdir(), 'shop-names-'));
  let stack: Stack | undefined;
  try {
    stack = await startStack({ folder, without: ['alertmanager', 'prometheus'] });
    const { api, payments, bot } = stack.addresses;
    await drive({ api, payments, token: readFileSync(stack.tokens.faults, 'utf8').trim() });
    await using traffic = await startTraffic(api);
    const exported = new Map<string, Series>();
    for (const [job, address] of Object.entries({ api, payments, traffic: traffic.url, 'alert-bot': bot })) {
      exported.set(job, parseExposition(await textOf(`${address}/metrics`)));
    }
    const logs = [join(stack.places.logs, 'alert-bot.log'), ...filesIn(stack.places.supervisorData, '.log')];
    const logFields = new Set(logs.flatMap((file) => fieldsOf(readFileSync(file, 'utf8'))));
    const traced = await traceOnePurchase(await stack.postgres.createDatabase('traced'));
    for (const field of traced.logFields) logFields.add(field);
    const undriven = [...(await silentRoutes(api)), ...(await silentRoutes(payments))];
    return { exported, logFields, traced, undriven };
  } finally {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function textOf(url: string): Promise<string> {
  return until(
    async () => {
      const response = await fetch(url);
      return response.ok ? response.text() : false;
    },
    { what: url },
  );
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));
}

/** The names at the top of each line that is a JSON object. */
function fieldsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => Object.keys(z.looseObject({}).parse(JSON.parse(line))));
}

/** Every series of a route is there from the start, so its sum tells whether anybody asked. */
async function silentRoutes(address: string): Promise<string[]> {
  const asked = new Map<string, number>();
  for (const [, labels = '', value = ''] of (await textOf(`${address}/metrics`)).matchAll(
    /^http_requests_total\{(.*)\} (\S+)$/gm,
  )) {
    const route = `${/method="(\w+)"/.exec(labels)?.[1]} ${/route="([^"]+)"/.exec(labels)?.[1]}`;
    asked.set(route, (asked.get(route) ?? 0) + Number(value));
  }
  return [...asked]
    .filter(([route, count]) => count === 0 && !route.endsWith(' unmatched'))
    .map(([route]) => `${address} ${route}`);
}
