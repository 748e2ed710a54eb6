// Containers for the tests of the Docker platform, made with the docker CLI on a real Engine.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Engine's socket. */
export const SOCKET = process.env['DOCKER_TEST_SOCKET'] ?? '/var/run/docker.sock';
/** An image with Node in it. */
export const NODE_IMAGE = process.env['DOCKER_TEST_NODE_IMAGE'] ?? 'node:24-bookworm-slim';
/** The image of the socket proxy. */
export const PROXY_IMAGE = process.env['DOCKER_TEST_PROXY_IMAGE'] ?? 'wollomatic/socket-proxy:1.13.1';

/** Runs the docker CLI. @returns what it printed */
export const docker = dockerOf(SOCKET);

/** The docker CLI of the engine at a socket. */
export function dockerOf(socket: string): (...args: string[]) => Promise<string> {
  return async (...args) => {
    const { stdout } = await run('docker', ['-H', `unix://${socket}`, ...args], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim();
  };
}

/** @throws Error with what to do, where there is no Engine */
export async function requireEngine(): Promise<void> {
  try {
    await docker('version', '--format', '{{.Server.Version}}');
  } catch (error) {
    throw new Error(`These tests need a Docker Engine at ${SOCKET}: start one, or set DOCKER_TEST_SOCKET.`, {
      cause: error,
    });
  }
}

export interface ContainerSpec {
  /** Compose's service; without one the container is outside of Compose. */
  service?: string;
  /** Instead of the project of the run. */
  project?: string;
  name?: string;
  /** Which of a scaled service. */
  number?: number;
  labels?: Readonly<Record<string, string>>;
  /** Further arguments of `docker run`. */
  args?: readonly string[];
  image?: string;
  /** JavaScript to run, or a command for an image that is not Node. */
  script?: string;
  command?: readonly string[];
}

/** Ends when asked to, as a good container does, once it has said `up`: before that the kernel drops the request. */
export const STAYS = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6); console.log('up');`;
/** Ignores the request to stop. */
export const STUBBORN = `process.on('SIGTERM', () => console.log('not now')); console.log('ready now'); setInterval(() => {}, 1e6);`;

/** A project of its own; what is started in it is removed, by id, in the end. */
export async function openProject() {
  await requireEngine();
  const project = `abtest-${randomBytes(4).toString('hex')}`;
  const ids: string[] = [];
  return {
    project,
    /** @returns the full id */
    async start(spec: ContainerSpec): Promise<string> {
      const { service, number = 1 } = spec;
      const labels: Record<string, string> = { 'alert-bot.test': project };
      if (service !== undefined)
        Object.assign(labels, {
          'com.docker.compose.project': spec.project ?? project,
          'com.docker.compose.service': service,
          'com.docker.compose.container-number': String(number),
          'com.docker.compose.oneoff': 'False',
        });
      Object.assign(labels, spec.labels);
      const name = spec.name ?? `${spec.project ?? project}-${service ?? 'alone'}-${number}`;
      const id = await docker(
        'run',
        '--detach',
        `--name=${name}`,
        ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
        ...(spec.args ?? []),
        spec.image ?? NODE_IMAGE,
        ...(spec.command ?? ['node', '-e', spec.script ?? STAYS]),
      );
      ids.push(id);
      if (spec.image === undefined && spec.script === undefined && spec.command === undefined) await isUp(id);
      return id;
    },
    async remove(id: string): Promise<void> {
      await docker('rm', '--force', '--volumes', id);
      ids.splice(ids.indexOf(id), 1);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids);
    },
  };
}
async function isUp(id: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await docker('logs', id)).includes('up')) return;
    await delay(50);
  }
  throw new Error(`container ${id} does not come up`);
}

export type Project = Awaited<ReturnType<typeof openProject>>;

/** What the engine itself says happened to a container: one line an event, such as `die` or `start`. */
export async function eventsOf(id: string, since: number): Promise<readonly string[]> {
  const printed = await docker(
    'events',
    `--since=${(since / 1_000).toFixed(3)}`,
    `--until=${(Date.now() / 1_000).toFixed(3)}`,
    `--filter=container=${id}`,
    '--filter=event=die',
    '--filter=event=start',
    '--format={{.Action}}',
  );
  return printed === '' ? [] : printed.split('\n');
}
