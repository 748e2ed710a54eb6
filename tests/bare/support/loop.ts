import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gossip } from '../../../scripts/parts/alertmanager.ts';
import { supervisorPart } from '../../../scripts/parts/supervisor.ts';
import { Part } from '../../../scripts/stack/part.ts';
import { repository } from '../../../scripts/stack/places.ts';
import { answersWell, until } from '../../../scripts/stack/until.ts';
import { type Stack, startStack } from '../../../scripts/stack.ts';
import { type Api, apiClient } from './api.ts';
import { type Bot, botClient, type Incident } from './bot.ts';
import { type People, startPeople } from './people.ts';
import { type Alertmanager, alertmanagerClient, type Prometheus, prometheusClient } from './signals.ts';
import { type Supervisor, supervisorClient } from './supervisor.ts';

/** Most of the time is waiting, so two stacks of a file run side by side, each with its cases one after the other. */
export const sideBySide = { concurrent: true } as const;
export const inTurn = { concurrent: false } as const;

export type LoopOptions = {
  /** What the bot reads instead of deploy/bare/overrides.yml. */
  overrides?: string;
  /** The first Alertmanager's part of a cluster, and the URLs of the other members, which the case starts itself. */
  cluster?: { gossip: Gossip; others: readonly string[] };
  /** Makes another file of deploy/bare/processes.yml. */
  processes?: (shipped: string, folder: string) => string;
};

/** The whole system, its parts under names that the cases read well with. */
export type Loop = {
  folder: string;
  stack: Stack;
  api: Api;
  bot: Bot;
  supervisor: Supervisor;
  alertmanager: Alertmanager;
  prometheus: Prometheus;
  people: People;
  /** Restarts the bot with another file; without a text, with the shipped one. */
  playbooks(change?: (shipped: string) => string): Promise<void>;
  /** Changes a rendered file and has the part read it again; undefined: as it was at first. */
  reload(part: 'prometheus' | 'alertmanager', change: ((rendered: string) => string) | undefined): void;
  /** Everything mended, running and quiet, the target reset: where each case begins. */
  calm(): Promise<void>;
  /** Waits until the first incident since `calm` is so, and gives it back. */
  incident(what: string, isSo: (incident: Incident) => boolean, withinMs?: number): Promise<Incident>;
  /** The supervisor's record is watched for that long: nothing was started beyond what was before. */
  staysUntouched(seconds: number): Promise<void>;
  stop(): Promise<void>;
};

const shippedPlaybooks = readFileSync(join(repository, 'deploy/playbooks.yml'), 'utf8');
const shippedProcesses = join(repository, 'deploy/bare/processes.yml');

export async function startLoop(options: LoopOptions = {}): Promise<Loop> {
  const folder = mkdtempSync(join(tmpdir(), 'shop-loop-'));
  const playbookFile = join(folder, 'playbooks.yml');
  writeFileSync(playbookFile, shippedPlaybooks);
  const overrides = join(folder, 'overrides.yml');
  if (options.overrides === undefined) cpSync(join(repository, 'deploy/bare/overrides.yml'), overrides);
  else writeFileSync(overrides, options.overrides);
  const people = await startPeople();
  const stack = await startStack({
    folder,
    people: people.url,
    bot: { playbooks: playbookFile, overrides, peers: options.cluster?.others ?? [] },
    ...(options.cluster ? { gossip: options.cluster.gossip } : {}),
    // Prometheus last: it must not see the api away before it was ever there.
    ...(options.processes ? { without: ['supervisor', 'prometheus'] } : {}),
  }).catch(async (error: unknown) => {
    await people.stop();
    throw error;
  });
  const { addresses, places, tokens, parts } = stack;

  let ownSupervisor: Part | undefined;
  async function stop(): Promise<void> {
    await api.silence();
    await ownSupervisor?.stop();
    await stack.stop();
    await people.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  const api = apiClient(addresses.api, tokens.faults);
  const bot = botClient(addresses.bot, tokens.admin);
  const supervisor = supervisorClient(places.supervisorSocket);
  const alertmanager = alertmanagerClient(addresses.alertmanager);
  const prometheus = prometheusClient(addresses.prometheus);

  if (options.processes) {
    const file = join(folder, 'processes.yml');
    writeFileSync(file, options.processes(readFileSync(shippedProcesses, 'utf8'), folder));
    const port = (part: 'api' | 'payments') => Number(new URL(addresses[part]).port);
    const ports = { api: port('api'), payments: port('payments') };
    const spec = supervisorPart(places, ports, stack.postgres.url);
    ownSupervisor = new Part({ ...spec, env: { ...spec.env, SUPERVISOR_PROCESSES: file } });
    try {
      await ownSupervisor.start();
      await parts.prometheus.start();
      await until(() => answersWell(`${addresses.bot}/readyz`), { what: 'the alert bot to be ready' });
    } catch (error) {
      await stop();
      throw error;
    }
  }

  const rendered = { prometheus: 'prometheus.yml', alertmanager: 'alertmanager.yml' } as const;
  const atFirst = {
    prometheus: readFileSync(join(places.rendered, 'prometheus.yml'), 'utf8'),
    alertmanager: readFileSync(join(places.rendered, 'alertmanager.yml'), 'utf8'),
  };
  const reload: Loop['reload'] = (part, change) => {
    const before = atFirst[part];
    const text = change === undefined ? before : change(before);
    if (change !== undefined && text === before)
      throw new Error(`the change of ${rendered[part]} changed nothing`);
    if (readFileSync(join(places.rendered, rendered[part]), 'utf8') === text) return;
    writeFileSync(join(places.rendered, rendered[part]), text);
    const { pid } = parts[part];
    if (pid !== undefined) process.kill(pid, 'SIGHUP');
  };

  const playbooks: Loop['playbooks'] = async (change) => {
    const text = change === undefined ? shippedPlaybooks : change(shippedPlaybooks);
    if (change !== undefined && text === shippedPlaybooks) throw new Error('the playbooks are as they were');
    if (readFileSync(playbookFile, 'utf8') === text) return;
    writeFileSync(playbookFile, text);
    await parts.bot.restart();
  };

  async function calm(): Promise<void> {
    await api.silence();
    reload('prometheus', undefined);
    reload('alertmanager', undefined);
    for (const part of [parts.bot, parts.alertmanager, parts.prometheus])
      if (part.pid === undefined) await part.start();
    await stack.postgres.resume();
    if ((await supervisor.api()).state !== 'running') await supervisor.startApi();
    await api.mend();
    await alertmanager.unsilenceAll();
    await playbooks();
    await bot.resume();
    const quiet = async () => {
      const held = (await alertmanager.alerts()).map(({ labels }) => labels['alertname']);
      const open = (await bot.incidents()).filter(({ status }) => status !== 'closed');
      const loud = [...(await prometheus.alerts()), ...held, ...open.map((one) => `incident ${one.id}`)];
      if (loud.length > 0) throw new Error(loud.join(', '));
      return true;
    };
    await until(quiet, { what: 'the stack to be quiet', withinMs: 90_000, everyMs: 200 });
    await until(async () => (await supervisor.api()).health === 'healthy', { what: 'a healthy api' });
    await bot.reset();
    await bot.mark();
    await supervisor.mark();
  }

  const incident: Loop['incident'] = async (what, isSo, withinMs = 60_000) => {
    let last: Incident | undefined;
    try {
      return await until(
        async () => {
          last = await bot.first();
          return last !== undefined && isSo(last) && last;
        },
        { what: `the incident to be ${what}`, withinMs, everyMs: 100 },
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${last === undefined ? 'there is no incident' : story(last)}`, {
        cause: error,
      });
    }
  };

  const staysUntouched: Loop['staysUntouched'] = async (seconds) => {
    const before = await supervisor.happened();
    const deadline = performance.now() + seconds * 1_000;
    // That something does not happen is a condition over time: the record is read until the time is over.
    while (performance.now() < deadline) {
      const now = await supervisor.happened();
      if (now.length > before.length) throw new Error(`the api was touched: ${now.join(', ')}`);
      await delay(250);
    }
  };

  return {
    folder,
    stack,
    api,
    bot,
    supervisor,
    alertmanager,
    prometheus,
    people,
    playbooks,
    reload,
    calm,
    incident,
    staysUntouched,
    stop,
  };
}

/** The timeline, for a person who reads why a case failed. */
function story({ timeline }: Incident): string {
  return timeline.map(({ at, text }) => `${at.toISOString().slice(11, 23)} ${text}`).join('\n');
}
