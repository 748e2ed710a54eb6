import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type ComposeConfig, composeConfig } from './compose-config.ts';

export const repository = resolve(import.meta.dirname, '../../..');

const runFile = promisify(execFile);

/** Runs docker in the repository and answers what it printed; what it complained of is in the error. */
export async function docker(args: string[], env: Record<string, string> = {}): Promise<string> {
  try {
    // Whoever has a profile set for a stack of their own: here a test says which one it is about.
    const own = { ...process.env, COMPOSE_PROFILES: '', ...env };
    const options = { cwd: repository, env: own, maxBuffer: 64 * 1024 * 1024 };
    return (await runFile('docker', args, options)).stdout;
  } catch (error) {
    // Its last words: before them, `up --build` tells of every layer.
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`docker ${args.join(' ')} failed: ${said.slice(-600)}`);
  }
}

/** Throws one sentence where nothing can be tested: no docker, no Compose v2, or no engine that answers. */
export async function requireEngine(): Promise<void> {
  const asked = [
    ['version', '--format', '{{.Server.Version}}'],
    ['compose', 'version'],
  ];
  for (const args of asked) {
    await docker(args).catch((cause: unknown) => {
      throw new Error(
        `These tests need a Docker Engine and Compose v2 on this machine, and \`docker ${args.join(' ')}\` fails: ` +
          'start the engine (systemctl start docker), or install both.',
        { cause },
      );
    });
  }
}

const container = z.object({
  Name: z.string(),
  Config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Labels: z.record(z.string(), z.string()),
  }),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    Health: z.object({ Status: z.string() }).optional(),
  }),
  Mounts: z.array(z.object({ Type: z.string(), Name: z.string().optional(), Destination: z.string() })),
  HostConfig: z.object({
    PortBindings: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() }))),
  }),
});
export type Container = z.infer<typeof container>;

/** What the engine has of one project. */
export interface Leftovers {
  containers: string[];
  volumes: string[];
  networks: string[];
  images: string[];
}

/** One Compose file under a project name of its own, so that it meets neither a user's stack nor another test's. */
export class ComposeProject {
  readonly name: string;
  readonly #file: string;
  readonly #env: Record<string, string>;

  constructor(file: string, env: Record<string, string>, kind: string) {
    this.name = `${kind}-${randomBytes(4).toString('hex')}`;
    this.#file = file;
    this.#env = env;
  }

  compose(...args: string[]): Promise<string> {
    return docker(['compose', '--project-name', this.name, '--file', this.#file, ...args], this.#env);
  }

  /** Until everything is healthy. Throws with the last words of each part when it does not become so. */
  async up(...args: string[]): Promise<void> {
    await this.compose('up', '--wait', '--wait-timeout', '180', ...args).catch(async (error: Error) => {
      const logs = await this.compose('logs', '--no-color', '--tail', '5').catch(() => '(no logs)');
      throw new Error(`${error.message}\n${logs}`, { cause: error });
    });
  }

  async config(): Promise<ComposeConfig> {
    return composeConfig.parse(JSON.parse(await this.compose('config', '--format', 'json')));
  }

  exec(service: string, ...command: string[]): Promise<string> {
    return this.compose('exec', '--no-TTY', service, ...command);
  }

  /** Every container, also ended ones, by service. */
  async containers(): Promise<Map<string, Container>> {
    const ids = await this.#list(['ps', '--all', '--quiet']);
    const found = z.array(container).parse(JSON.parse(await docker(['inspect', ...ids])));
    return new Map(found.map((one) => [one.Config.Labels['com.docker.compose.service'] ?? one.Name, one]));
  }

  async down(): Promise<void> {
    // Of every profile: what `up` was told by name is not of the file's own, and stayed with its network.
    await this.compose('--profile', '*', 'down', '--volumes', '--rmi', 'local', '--remove-orphans');
  }

  async leftovers(): Promise<Leftovers> {
    const [containers, volumes, networks, images] = await Promise.all([
      this.#list(['ps', '--all', '--format', '{{.Names}}']),
      this.#list(['volume', 'ls', '--format', '{{.Name}}']),
      this.#list(['network', 'ls', '--format', '{{.Name}}']),
      docker(['image', 'ls', '--format', '{{.Repository}}', `${this.name}-*`]).then(lines),
    ]);
    return { containers, volumes, networks, images };
  }

  async #list(command: string[]): Promise<string[]> {
    return lines(await docker([...command, '--filter', `label=com.docker.compose.project=${this.name}`]));
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
