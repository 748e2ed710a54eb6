// Long because one object is all that the cases ask of a stack. The shipped stack under a project of its own, with a pager, and with what a case adds to it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { freePorts } from '../../../scripts/stack/ports.ts';
import { until } from '../../../scripts/stack/until.ts';
import { type Api, apiClient } from '../../bare/support/api.ts';
import { ask } from '../../bare/support/ask.ts';
import { type Bot, botClient, type Incident } from '../../bare/support/bot.ts';
import {
  type Alertmanager,
  alertmanagerClient,
  type Prometheus,
  prometheusClient,
} from '../../bare/support/signals.ts';
import { ComposeProject, docker, repository, requireEngine } from './compose-project.ts';
import { NODE_IMAGE } from './containers.ts';
import { EventStream } from './loop-events.ts';
import { scraping, scrapingAllBut } from './scraping.ts';

/** Stays below docker-compose.yml, whose own keys hold where nothing is said here. */
export interface LoopOptions {
  /** Begins the project's name. */
  kind: string;
  /** Services that the case adds or changes, in Compose's words. */
  services?: Record<string, object>;
  /** What the bot reads over the shipped playbooks; without it, it runs by the shipped ones. */
  overrides?: string;
  /** Services of the case that Prometheus scrapes too, on port 80, every two seconds. */
  scraped?: readonly string[];
  /** The profile `all`: which services are started, and what of them is neither started nor scraped, by job and probe. */
  all?: { started: readonly string[]; absent: readonly string[] };
}

const shape = z.object({
  Id: z.string(),
  State: z.object({
    Status: z.string(),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).optional(),
  }),
});

export interface Seen {
  id: string;
  status: string;
  startedAt: string;
  health: string;
}

const told = z.object({
  alerts: z.array(z.object({ status: z.string(), labels: z.record(z.string(), z.string()) })),
});

const receipt = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ field: z.string() })),
  /** What was decided within ten seconds. */
  decisions: z.array(z.object({ decision: z.string().nullable(), reason: z.string().optional() })),
});

/** The team's pager: prints what Alertmanager tells it, a line each. */
const PAGER = `require('node:http').createServer((request, response) => {
  let text = '';
  request.on('data', (piece) => { text += piece; });
  request.on('end', () => { console.log(text); response.end(); });
}).listen(80);
process.on('SIGTERM', () => process.exit(0));`;

/** A container for the cases: `script` in Node, in few words and with no more than it needs. */
export const extra = (script: string, more: object = {}): object => ({
  image: NODE_IMAGE,
  command: ['node', '-e', script],
  // `none`: who is in no network of the stack changes nothing in it.
  network_mode: 'none',
  mem_limit: '64m',
  stop_grace_period: '1s',
  labels: { 'alert-bot.enable': 'true' },
  ...more,
});

export class Loop {
  readonly project: ComposeProject;
  readonly folder: string;
  readonly addresses: Readonly<Record<'api' | 'bot' | 'prometheus' | 'alertmanager', string>>;
  readonly alertmanager: Alertmanager;
  readonly prometheus: Prometheus;
  #options: LoopOptions;
  readonly #events: EventStream;
  #clients: { api: Api; bot: Bot } | undefined;

  private constructor(options: LoopOptions, ports: Record<string, string>, folder: string) {
    this.#options = options;
    this.folder = folder;
    const address = (port: string) => `http://127.0.0.1:${ports[port]}`;
    this.addresses = {
      api: address('API_PORT'),
      bot: address('BOT_PORT'),
      prometheus: address('PROMETHEUS_PORT'),
      alertmanager: address('ALERTMANAGER_PORT'),
    };
    this.alertmanager = alertmanagerClient(this.addresses.alertmanager);
    this.prometheus = prometheusClient(this.addresses.prometheus);
    this.project = new ComposeProject(join(folder, 'compose.yml'), ports, options.kind);
    this.#events = new EventStream(this.project.name);
  }

  static async start(options: LoopOptions): Promise<Loop> {
    await requireEngine();
    const ports = await freePorts();
    const loop = new Loop(
      options,
      {
        API_PORT: String(ports.api),
        BOT_PORT: String(ports.bot),
        PROMETHEUS_PORT: String(ports.prometheus),
        ALERTMANAGER_PORT: String(ports.alertmanager),
        COMPOSE_PROFILES: options.all === undefined ? '' : 'all',
      },
      mkdtempSync(join(tmpdir(), `${options.kind}-`)),
    );
    try {
      loop.#write();
      await loop.project.up('--build', ...(options.all?.started ?? []));
      await loop.#connect();
    } catch (error) {
      await loop.stop();
      throw error;
    }
    return loop;
  }

  get api(): Api {
    return this.#connected().api;
  }

  get bot(): Bot {
    return this.#connected().bot;
  }

  /** Gives the bot other overrides, or with none the shipped playbooks alone; it goes on with its own log. */
  async override(overrides: string | undefined): Promise<void> {
    const { overrides: _, ...rest } = this.#options;
    this.#options = overrides === undefined ? rest : { ...rest, overrides };
    this.#write();
    await this.project.up('--no-deps', 'alert-bot');
  }

  container(service: string, number = 1): string {
    return `${this.project.name}-${service}-${number}`;
  }

  async look(service: string, number = 1): Promise<Seen> {
    const [found] = z
      .tuple([shape])
      .parse(JSON.parse(await docker(['container', 'inspect', this.container(service, number)])));
    const { Status, StartedAt, Health } = found.State;
    return { id: found.Id, status: Status, startedAt: StartedAt, health: Health?.Status ?? 'none' };
  }

  /** What the engine says happened to a container since then: `die`, `start`. */
  async events(service: string, since: number): Promise<readonly string[]> {
    const { id } = await this.look(service);
    return this.#events.since(id, since);
  }

  /** What happened to two containers since then, in the engine's order. */
  async together(one: string, other: string, since: number): Promise<readonly string[]> {
    const seen = await Promise.all([this.look(one), this.look(other)]);
    return this.#events.sinceOf(
      seen.map(({ id }) => id),
      since,
    );
  }

  /** Throws as soon as the container is another one, or was started or stopped, until the time is over. */
  async staysAsItIs(service: string, before: Seen, isOver: number | (() => Promise<boolean>)): Promise<void> {
    const deadline =
      typeof isOver === 'number' ? performance.now() + isOver * 1_000 : Number.POSITIVE_INFINITY;
    const over = async () => (typeof isOver === 'number' ? performance.now() >= deadline : isOver());
    // That something does not happen is a condition over time: it is looked at until the time is over.
    do {
      const { id, status, startedAt } = await this.look(service);
      if (id !== before.id || status !== before.status || startedAt !== before.startedAt)
        throw new Error(
          `${service} was touched: ${status}, started at ${startedAt}, before ${JSON.stringify(before)}\n${await this.stories()}`,
        );
      await delay(500);
    } while (!(await over()));
  }

  /** What people were told so far. */
  async heard(): Promise<{ status: string; labels: Record<string, string> }[]> {
    const lines = (await docker(['logs', this.container('people')]))
      .split('\n')
      .filter((line) => line !== '');
    return lines.flatMap((line) => told.parse(JSON.parse(line)).alerts);
  }

  cli(...args: string[]): Promise<string> {
    return this.project.exec('alert-bot', 'alert-bot', ...args);
  }

  /** Lets the next incident of a target begin with nothing tried. */
  async reset(service = 'api'): Promise<void> {
    await this.cli('reset', this.target(service), '--why', 'the next case');
  }

  target(service: string): string {
    return `docker:service:${this.project.name}/${service}`;
  }

  /** Delivers a payload, or one alert, as Alertmanager or a person does. */
  async send(body: unknown): Promise<z.output<typeof receipt>> {
    const token = readFileSync(join(this.folder, 'webhook'), 'utf8').trim();
    return ask(`${this.addresses.bot}/webhook?wait=10s`, receipt, { method: 'POST', token, body });
  }

  /** The alert that this service is down, sent by hand: its own truth for five minutes, or until `resolved`. */
  down(service: string, status = 'firing'): Promise<z.output<typeof receipt>> {
    return this.send({ status, labels: { alertname: 'ServiceDown', service } });
  }

  /** Waits until the first incident of this service since the mark is so. */
  async incident(
    service: string,
    what: string,
    isSo: (incident: Incident) => boolean,
    withinMs = 90_000,
  ): Promise<Incident> {
    try {
      return await until(
        async () => {
          const [first] = await this.incidentsOf(service);
          const incident = first !== undefined && (await this.bot.incident(first.id));
          return incident && isSo(incident) && incident;
        },
        { what: `the incident of ${service} to be ${what}`, withinMs, everyMs: 250 },
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${await this.stories()}`, { cause: error });
    }
  }

  /** Nothing fires and nothing is under way. */
  async quiet(withinMs = 180_000): Promise<void> {
    const loud = async () => {
      const held = (await this.alertmanager.alerts()).map(({ labels }) => labels['alertname']);
      const open = (await this.bot.incidents()).filter(({ status }) => status !== 'closed');
      return [...(await this.prometheus.alerts()), ...held, ...open.map(({ id }) => `incident ${id}`)];
    };
    const isQuiet = async () => {
      const all = await loud();
      if (all.length > 0) throw new Error(all.join(', '));
      return true;
    };
    await until(isQuiet, { what: 'the stack to be quiet', withinMs, everyMs: 500 });
  }

  /** Waits for the first scrape and a healthy container, where a run may begin. */
  async calm(): Promise<void> {
    await this.api.silence();
    await this.api.mend();
    await this.quiet();
    await until(async () => (await this.look('api')).health === 'healthy', { what: 'a healthy api' });
    await this.reset();
    await this.bot.mark();
  }

  /** Every incident since the mark, for a person who reads why a case failed. */
  async stories(): Promise<string> {
    const incidents = await Promise.all((await this.bot.incidents()).map(({ id }) => this.bot.incident(id)));
    return incidents
      .map(({ id, title, status, timeline }) => {
        const lines = timeline.map(({ at, text }) => `  ${at.toISOString().slice(11, 23)} ${text}`);
        return [`incident ${id} ${title}: ${status}`, ...lines].join('\n');
      })
      .join('\n');
  }

  /** Removes all of it. May be called again. */
  async stop(): Promise<void> {
    if (!existsSync(this.folder)) return;
    await this.#clients?.api.silence();
    await this.project.down();
    this.#events[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Of those since the mark, oldest first. */
  async incidentsOf(service: string): Promise<{ id: number; status: string }[]> {
    const token = readFileSync(join(this.folder, 'admin'), 'utf8').trim();
    const answer = z.object({ incidents: z.array(z.object({ id: z.number(), status: z.string() })) });
    const path = `incidents?limit=100&target=${encodeURIComponent(this.target(service))}`;
    const { incidents } = await ask(`${this.addresses.bot}/api/v1/${path}`, answer, { token });
    const since = new Set((await this.bot.incidents()).map(({ id }) => id));
    return incidents.filter(({ id }) => since.has(id)).toReversed();
  }

  #connected(): { api: Api; bot: Bot } {
    if (this.#clients === undefined) throw new Error('the stack is not up');
    return this.#clients;
  }

  #write(): void {
    const { services = {}, overrides, scraped = [], all } = this.#options;
    const file = (name: string, text: string) =>
      writeFileSync(join(this.folder, name), text, { mode: 0o644 });
    const mounted = (name: string, target: string) => ({
      type: 'bind',
      source: join(this.folder, name),
      target,
      read_only: true,
    });
    const routes = readFileSync(join(repository, 'alertmanager.yml'), 'utf8');
    file('alertmanager.yml', `${routes}\n    webhook_configs:\n      - url: http://people/\n`);
    const own: Record<string, object> = {
      people: extra(PAGER, { network_mode: undefined, networks: ['alerting'], labels: {} }),
      alertmanager: { volumes: [mounted('alertmanager.yml', '/etc/alertmanager/alertmanager.yml')] },
    };
    if (scraped.length > 0 || all !== undefined) {
      file('prometheus.yml', all === undefined ? scraping(scraped) : scrapingAllBut(all.absent));
      own['prometheus'] = { volumes: [mounted('prometheus.yml', '/etc/prometheus/prometheus.yml')] };
    }
    if (overrides !== undefined) {
      file('overrides.yml', overrides);
      own['alert-bot'] = {
        environment: { ALERT_BOT_OVERRIDES: '/etc/alert-bot-overrides.yml' },
        volumes: [mounted('overrides.yml', '/etc/alert-bot-overrides.yml')],
      };
    }
    const merged = { ...services };
    for (const [name, change] of Object.entries(own)) merged[name] = { ...merged[name], ...change };
    file('override.yml', JSON.stringify({ services: merged }));
    const path = [join(repository, 'docker-compose.yml'), join(this.folder, 'override.yml')];
    file('compose.yml', JSON.stringify({ include: [{ path, project_directory: repository }] }));
  }

  async #connect(): Promise<void> {
    const keep = async (name: string, text: Promise<string>) =>
      writeFileSync(join(this.folder, name), await text, { mode: 0o600 });
    await keep('webhook', this.cli('token', 'webhook'));
    await keep('admin', this.cli('token', 'admin'));
    await keep('faults', this.project.exec('api', 'cat', '/run/api/faults-token'));
    this.#clients = {
      api: apiClient(this.addresses.api, join(this.folder, 'faults')),
      bot: botClient(this.addresses.bot, join(this.folder, 'admin')),
    };
  }
}
