import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { botPart } from '../../../scripts/parts/bot.ts';
import { Part } from '../../../scripts/stack/part.ts';
import { makePlaces, repository } from '../../../scripts/stack/places.ts';
import { freePorts } from '../../../scripts/stack/ports.ts';
import { Teardown } from '../../../scripts/stack/teardown.ts';
import { until } from '../../../scripts/stack/until.ts';
import { ask } from '../../bare/support/ask.ts';
import { botClient, escalated, type Incident } from '../../bare/support/bot.ts';
import { startRelay } from '../../bare/support/relay.ts';
import { startRules } from '../../bare/support/rules.ts';
import { eager } from '../../support/eager.ts';
import { openProject } from './containers.ts';
import type { OwnEngine } from './own-engine.ts';
import { startOn } from './proxy.ts';

/** How long a restart waits for its container to end: the target is locked for 15 s more. */
const GRACE = '5s';

const EAGER = `${eager({ within: '5s', stable: '1s' })}  settle: 1s
`;

export type BesideEngine = Awaited<ReturnType<typeof startBesideEngine>>;

/**
 * A bot as a process of this machine that asks an engine of our own through the real proxy, and Prometheus, which knows the
 * rules and scrapes nobody: nothing is ever proven, so that all of it ends with a person. The proxy is a container of the
 * other engine.
 */
export async function startBesideEngine(engine: OwnEngine) {
  const teardown = new Teardown();
  const folder = mkdtempSync(join(tmpdir(), 'beside-'));
  teardown.add('folder', async () => rmSync(folder, { recursive: true, force: true }));
  const places = makePlaces(folder);
  const ports = await freePorts();
  try {
    const owner = await openProject();
    teardown.add('proxy', () => owner[Symbol.asyncDispose]());
    const { project } = owner;
    await startOn(ports.api, owner, 'proxy', `${engine.folder}:/engine`, '-socketpath=/engine/d.sock');
    const relay = await startRelay(`127.0.0.1:${ports.api}`);
    teardown.add('relay', () => relay.stop());
    const prometheus = await startRules(places, ports, ['ServiceDown']);
    teardown.add('prometheus', () => prometheus.stop());
    const shipped = readFileSync(join(repository, 'deploy/playbooks.yml'), 'utf8');
    const playbooks = join(folder, 'playbooks.yml');
    writeFileSync(playbooks, shipped.replaceAll('timeout: 10s', `timeout: ${GRACE}`));
    const overrides = join(folder, 'overrides.yml');
    writeFileSync(overrides, EAGER);
    const env = {
      ALERT_BOT_PLATFORM: 'docker',
      ALERT_BOT_DOCKER_URL: `http://${relay.address}`,
      ALERT_BOT_DOCKER_PROJECT: project,
    };
    const bot = new Part(botPart(places, ports, { playbooks, overrides, env }));
    teardown.add('bot', () => bot.stop());
    await bot.start();
    const address = `http://127.0.0.1:${ports.bot}`;
    const client = botClient(address, join(places.botData, 'tokens/admin'));

    /** The incidents of a service, oldest first. */
    async function incidentsOf(service: string): Promise<Incident[]> {
      const target = `docker:service:${project}/${service}`;
      const all = (await client.incidents()).filter((one) => one.target === target);
      return Promise.all(all.map(({ id }) => client.incident(id)));
    }

    /** What the bot asked the engine to do to a service, in order. */
    const calls = async (service: string): Promise<string[]> =>
      (await incidentsOf(service)).flatMap(({ timeline }) =>
        timeline.flatMap(({ text }) => /^(restart|start) abtest-/.exec(text)?.[1] ?? []),
      );

    return {
      project,
      /** Between bot and proxy. */
      relay,
      /** The container of the proxy, on the other engine. */
      proxy: `${project}-proxy`,
      incidentsOf,
      calls,
      /** The alert that this service is down, sent by hand: its own truth for five minutes. */
      down: (service: string) =>
        ask(`${address}/webhook`, z.unknown(), {
          method: 'POST',
          token: readFileSync(join(places.botData, 'tokens/webhook'), 'utf8').trim(),
          body: { labels: { alertname: 'ServiceDown', service } },
        }),
      /** Waits until a person has the first incident of a service. */
      handedOver: (service: string, withinMs = 90_000): Promise<Incident> =>
        until(
          async () => {
            const [first] = await incidentsOf(service);
            return first !== undefined && escalated(first) && first;
          },
          { what: `${service} to be with a person`, withinMs, everyMs: 200 },
        ),
      /** For longer than an engine may take to finish what it was asked: no call and no start is added. */
      async staysSo(service: string, record: () => readonly string[], seconds = 5): Promise<void> {
        const seen = async () => JSON.stringify([record(), await calls(service)]);
        const before = await seen();
        const deadline = performance.now() + seconds * 1_000;
        // That something does not happen is a condition over time.
        while (performance.now() < deadline) {
          const now = await seen();
          if (now !== before) throw new Error(`${service} was touched: ${before}, now ${now}`);
          await delay(250);
        }
      },
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
