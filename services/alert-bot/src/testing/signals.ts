// For the tests only: a real HTTP server that answers as Alertmanager and Prometheus do, where the real ones
// could not be steered fast enough. The shapes are those that their own adapters were tested on.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { fingerprint, type Labels } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';

export interface Listed {
  labels: Labels;
  state?: 'active' | 'silenced' | 'inhibited';
  generatorURL?: string;
}

export interface Rule {
  name: string;
  query: string;
  /** The alerts that the rule has now, by their labels. */
  alerts: readonly Labels[];
  holds?: number;
}

/** What one bot is told. Replace what a test is about. */
export interface Scene {
  alertmanagerUrl: string;
  prometheusUrl: string;
  now(): Instant;
  /** When Alertmanager started; long ago, unless the test says otherwise. */
  startedAt(): Instant;
  listed(): readonly Listed[] | Promise<readonly Listed[]>;
  rules(): readonly Rule[] | Promise<readonly Rule[]>;
  /** Value of `up` at a time; undefined where there was no scrape. */
  up(at: Instant): number | undefined;
  /** Answer to any other query. */
  answer(query: string): number | null;
  /** Comes before each answer. What it waits for the asker waits for; what it throws cuts the connection. */
  before(what: 'list' | 'send' | 'rules' | 'query'): void | Promise<void>;
  /** What was sent to Alertmanager. */
  sent: { labels: Labels; annotations: Labels; startsAt: string; endsAt: string }[];
}

/** How often the scene scrapes and evaluates. */
const EVERY = 200;

export async function startSignals() {
  const scenes = new Map<string, Scene>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, name = '', ...rest] = pathname.split('/');
    const scene = scenes.get(name);
    try {
      if (scene === undefined) throw new Error(`no scene ${name}`);
      const text = await answer(scene, request, rest.join('/'));
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    } catch {
      response.destroy();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const { port } = address;

  return {
    /** A scene in which nothing is wrong. */
    scene(name: string, now: () => Instant = Date.now): Scene {
      const url = `http://127.0.0.1:${port}/${name}`;
      const scene: Scene = {
        alertmanagerUrl: `${url}/am`,
        prometheusUrl: `${url}/prom`,
        now,
        startedAt: () => now() - 3_600_000,
        listed: () => [],
        rules: () => [],
        up: () => 1,
        answer: () => null,
        before: () => undefined,
        sent: [],
      };
      scenes.set(name, scene);
      return scene;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(scene: Scene, request: IncomingMessage, path: string): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  switch (path) {
    case 'am/api/v2/status':
      return JSON.stringify({ uptime: new Date(scene.startedAt()).toISOString() });
    case 'am/api/v2/alerts':
      if (request.method === 'POST') {
        await scene.before('send');
        scene.sent.push(...JSON.parse(body));
        return '{}';
      }
      await scene.before('list');
      return JSON.stringify((await scene.listed()).map((one) => listedView(scene, one)));
    case 'prom/api/v1/rules':
      await scene.before('rules');
      return rulesView(scene, await scene.rules());
    case 'prom/api/v1/query':
      await scene.before('query');
      return queryView(scene, new URLSearchParams(body).get('query') ?? '');
    default:
      throw new Error(`no ${path}`);
  }
}

function listedView(scene: Scene, { labels, state = 'active', generatorURL = '' }: Listed) {
  const at = new Date(scene.now() - 1_000).toISOString();
  return {
    fingerprint: fingerprint(labels),
    labels,
    annotations: {},
    startsAt: at,
    endsAt: new Date(scene.now() + 240_000).toISOString(),
    updatedAt: at,
    generatorURL,
    receivers: [{ name: 'alert-bot' }],
    status: {
      state: state === 'active' ? 'active' : 'suppressed',
      silencedBy: state === 'silenced' ? ['a-silence'] : [],
      inhibitedBy: state === 'inhibited' ? ['00000000000000ff'] : [],
      mutedBy: [],
    },
  };
}

function rulesView(scene: Scene, rules: readonly Rule[]): string {
  const lastEvaluation = new Date(lastTick(scene.now())).toISOString();
  const views = rules.map(({ name, query, alerts, holds = 0 }) => ({
    type: 'alerting',
    name,
    query,
    duration: holds / 1_000,
    keepFiringFor: 0,
    health: 'ok',
    lastEvaluation,
    alerts: alerts.map((labels) => ({ labels, state: 'firing' })),
  }));
  const groups = [{ name: 'scene', interval: EVERY / 1_000, rules: views }];
  return JSON.stringify({ status: 'success', data: { groups } });
}

function queryView(scene: Scene, query: string): string {
  const now = scene.now();
  const range = /\[(.+)\]$/.exec(query);
  if (range === null || !query.startsWith('up{')) {
    const value = scene.answer(query);
    const result = value === null ? [] : [{ metric: {}, value: [now / 1_000, String(value)] }];
    return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
  }
  const values: [number, string][] = [];
  // The last minute is enough for any proof here, whatever the length of the range.
  for (let at = lastTick(now - 60_000); at <= now; at += EVERY) {
    const up = scene.up(at);
    if (up !== undefined) values.push([at / 1_000, String(up)]);
  }
  const result = [{ metric: { __name__: 'up' }, values }];
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

const lastTick = (now: Instant): Instant => Math.floor(now / EVERY) * EVERY;
