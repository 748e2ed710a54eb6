import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { alertmanagerPart } from '../../../scripts/parts/alertmanager.ts';
import { botPart } from '../../../scripts/parts/bot.ts';
import { render } from '../../../scripts/render.ts';
import { Part } from '../../../scripts/stack/part.ts';
import { makePlaces } from '../../../scripts/stack/places.ts';
import { freePorts } from '../../../scripts/stack/ports.ts';
import { Teardown } from '../../../scripts/stack/teardown.ts';
import { until } from '../../../scripts/stack/until.ts';
import { besideBot } from '../../../services/alert-bot/src/testing/beside.ts';
import { bootSupervisor, temporaryFolder } from '../../../services/supervisor/src/harness.ts';
import { ask } from './ask.ts';
import { botClient, type Incident } from './bot.ts';
import { startPeople } from './people.ts';
import { startRelay } from './relay.ts';
import { startRules } from './rules.ts';
import { alertmanagerClient } from './signals.ts';

export type AlertingOptions = {
  /** Processes that may be restarted. */
  services: readonly string[];
  /** Processes that may not. */
  closed?: readonly string[];
  /** What the bot reads over the shipped playbooks. */
  overrides: string;
  /** What the durations of the routes are divided by. */
  factor?: number;
  /** Makes another file of the rendered alertmanager.yml. */
  routes?: (rendered: string) => string;
};

export type Alerting = Awaited<ReturnType<typeof startAlerting>>;

const decided = z.object({
  fingerprint: z.string(),
  kind: z.string().nullable(),
  reason: z.string().nullable(),
});
export type Decided = z.output<typeof decided>;

const held = z.array(z.object({ fingerprint: z.string(), labels: z.record(z.string(), z.string()) }));

/**
 * Alertmanager with the shipped routes, the bot, and the supervisor with processes that only sleep. A case says itself what
 * fires. Prometheus knows the rules, and scrapes nobody: nothing is ever proven, so that what was acted on ends with a person.
 */
export async function startAlerting(options: AlertingOptions) {
  const { services, closed = [], overrides, factor = 5, routes = (text: string) => text } = options;
  const folder = temporaryFolder();
  const teardown = new Teardown();
  teardown.add('folder', async () => rmSync(folder.path, { recursive: true, force: true }));
  const places = makePlaces(folder.path);
  const ports = await freePorts();
  const address = (port: number) => `127.0.0.1:${port}`;
  try {
    const people = await startPeople();
    teardown.add('people', () => people.stop());
    const supervisor = await bootSupervisor(processes(services, closed));
    teardown.add('supervisor', () => supervisor[Symbol.asyncDispose]());
    const relay = await startRelay(address(ports.bot));
    teardown.add('relay', () => relay.stop());

    const overridesFile = join(folder.path, 'overrides.yml');
    writeFileSync(overridesFile, overrides);
    const own = { ...places, supervisorSocket: supervisor.socket };
    const bot = new Part(botPart(own, ports, { overrides: overridesFile }));
    teardown.add('bot', () => bot.stop());
    await bot.start();

    // A file of its own, as the manual has it for a rotation.
    const tokenFile = join(folder.path, 'token-of-alertmanager');
    const right = readFileSync(join(places.botData, 'tokens/webhook'), 'utf8').trim();
    writeFileSync(tokenFile, right);
    const { files } = render({
      api: address(ports.api),
      payments: address(ports.payments),
      bot: relay.address,
      prometheus: address(ports.prometheus),
      alertmanager: address(ports.alertmanager),
      rulesFile: join(places.rendered, 'alert_rules.yml'),
      tokenFile,
      factor,
      people: people.url,
    });
    writeFileSync(join(places.rendered, 'alertmanager.yml'), routes(files['alertmanager.yml']));
    const alertmanager = new Part(await alertmanagerPart(places, ports.alertmanager));
    teardown.add('alertmanager', () => alertmanager.stop());
    await alertmanager.start();
    const prometheus = await startRules(places, ports, RULES);
    teardown.add('prometheus', () => prometheus.stop());

    const addresses = {
      bot: `http://${address(ports.bot)}`,
      alertmanager: `http://${address(ports.alertmanager)}`,
    };
    const client = botClient(addresses.bot, join(places.botData, 'tokens/admin'));
    const am = alertmanagerClient(addresses.alertmanager);

    /** The last decision about each alert that was ever taken in, read beside the bot. */
    function decisions(): Map<string, Decided> {
      const rows = besideBot(places.botData, (db) =>
        z.array(decided).parse(db.prepare(LAST_DECISIONS).all()),
      );
      return new Map(rows.map((row) => [row.fingerprint, row]));
    }

    /** What fires in Alertmanager, the bot's own pages apart. */
    async function firing(): Promise<z.output<typeof held>> {
      const all = await ask(`${addresses.alertmanager}/api/v2/alerts`, held);
      return all.filter(({ labels }) => labels['origin'] !== 'alert-bot');
    }

    return {
      addresses,
      places,
      bot,
      alertmanager,
      client,
      people,
      relay,
      tokenFile,
      right,
      decisions,
      firing,
      /** Fires these until they are resolved, for an hour at most. */
      fire: (alerts: readonly Record<string, string>[]) =>
        am.post(alerts.map((labels) => ({ labels, endsAt: new Date(Date.now() + 3_600_000).toISOString() }))),
      /** Alerts that fire, and that nothing was decided about. */
      async undecided(): Promise<string[]> {
        const known = decisions();
        const alerts = await firing();
        return alerts
          .filter(({ fingerprint }) => (known.get(fingerprint)?.kind ?? null) === null)
          .map(({ labels }) => JSON.stringify(labels));
      },
      /** Notifications of its webhooks that Alertmanager gave up. */
      async givenUp(): Promise<number> {
        const text = await (await fetch(`${addresses.alertmanager}/metrics`)).text();
        const lines = [
          ...text.matchAll(/^alertmanager_notifications_failed_total\{.*integration="webhook".*\} (\d+)$/gm),
        ];
        return lines.reduce((sum, [, count]) => sum + Number(count), 0);
      },
      /** What the supervisor itself says that happened to a process. */
      happened: async (service: string) =>
        (await supervisor.record())
          .filter(({ name }) => name === service)
          .map(({ event }) => event)
          .slice(1),
      /** Waits until a person has the incident of each of these services, as nothing is ever proven here. */
      handedOver: (names: readonly string[], withinMs = 60_000): Promise<Incident[]> =>
        until(
          async () => {
            const targets = names.map((name) => `supervisor:${name}`);
            const there = (await client.incidents()).filter(
              ({ target, status }) => status === 'escalated' && targets.includes(target ?? ''),
            );
            return there.length === names.length && Promise.all(there.map(({ id }) => client.incident(id)));
          },
          { what: `${names.join(', ')} to be with a person`, withinMs, everyMs: 200 },
        ),
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

/** Of which the cases fire alerts. */
const RULES = ['ServiceDown', 'HighErrorRate'];

const LAST_DECISIONS = `
  SELECT e.fingerprint, d.kind, d.reason FROM episodes e
  LEFT JOIN decisions d ON d.id = (SELECT max(id) FROM decisions WHERE incident_id = e.incident_id)
  ORDER BY e.id`;

function processes(open: readonly string[], closed: readonly string[]): string {
  const one = (enable: boolean) => ({
    command: ['sleep', '1000000'],
    ...(enable ? { labels: { 'alert-bot.enable': 'true' } } : {}),
  });
  // JSON is YAML.
  return JSON.stringify({
    processes: Object.fromEntries([
      ...open.map((name) => [name, one(true)] as const),
      ...closed.map((name) => [name, one(false)] as const),
    ]),
  });
}
