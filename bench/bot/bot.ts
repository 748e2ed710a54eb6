import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { botPart } from '../../scripts/parts/bot.ts';
import { Part } from '../../scripts/stack/part.ts';
import { makePlaces } from '../../scripts/stack/places.ts';
import { freePorts } from '../../scripts/stack/ports.ts';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import { pinned } from '../machine.ts';

/** As its image starts it. */
export const FLAGS = ['--max-semi-space-size=4'];
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

export interface Around {
  supervisorSocket: string;
  alertmanagerUrl: string;
  prometheusUrl: string;
}

export interface BotOptions extends Partial<Around> {
  playbooks?: string;
  env?: Record<string, string>;
  /** A folder with a log, which is kept; a new one otherwise. */
  folder?: string;
  /** What it is started below, such as strace with its arguments. */
  below?: readonly string[];
}

/** Nothing listens there. Away is a legal state of Alertmanager, Prometheus and the platform. */
const NOWHERE = 'http://127.0.0.1:1';

/** The real bot as a process of its own on one core, on a real log on disk. */
export async function startBot(options: BotOptions = {}) {
  const folder = options.folder === undefined ? temporaryFolder() : null;
  const places = {
    ...makePlaces(folder?.path ?? options.folder ?? ''),
    supervisorSocket: options.supervisorSocket ?? '/nonexistent.sock',
  };
  const ports = await freePorts();
  const spec = botPart(places, ports, {
    overrides: null,
    ...(options.playbooks === undefined ? {} : { playbooks: options.playbooks }),
    env: {
      ALERT_BOT_ALERTMANAGER_URLS: options.alertmanagerUrl ?? NOWHERE,
      ALERT_BOT_PROMETHEUS_URL: options.prometheusUrl ?? NOWHERE,
      ...options.env,
    },
  });
  const { command, args } = pinned(
    [...(options.below ?? []), spec.command, ...FLAGS, ...spec.args],
    SERVER_CORE,
  );
  const part = new Part({ ...spec, command, args });
  const began = performance.now();
  await part.start();
  return {
    url: `http://127.0.0.1:${ports.bot}`,
    startedIn: performance.now() - began,
    pid: part.pid,
    dataDir: places.botData,
    token: (kind: 'webhook' | 'admin') => readFileSync(join(places.botData, 'tokens', kind), 'utf8').trim(),
    async [Symbol.asyncDispose]() {
      await part.kill();
      folder?.[Symbol.dispose]();
    },
  };
}

/** @throws Error where the answer is not well */
export async function fetchApi(
  { url, token }: { url: string; token(kind: 'admin'): string },
  path: string,
): Promise<Response> {
  const response = await fetch(`${url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token('admin')}` },
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return response;
}

export const askApi = async (bot: Parameters<typeof fetchApi>[0], path: string): Promise<unknown> =>
  (await fetchApi(bot, path)).json();
