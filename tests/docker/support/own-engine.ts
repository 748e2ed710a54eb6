import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from '../../../scripts/stack/until.ts';
import { tie } from '../../../services/supervisor/src/lifeline.ts';
import { docker, dockerOf, NODE_IMAGE } from './containers.ts';

const PROGRAMS = ['dockerd', 'containerd', 'unshare'];

/**
 * Why no engine of our own can be started here, or null. The one that everything else uses is never frozen, killed or
 * restarted: it may be somebody's, and other tests run on it at the same time.
 */
export function whyNoOwnEngine(): string | null {
  if (process.platform !== 'linux') return 'an Engine of its own needs Linux';
  if (process.getuid?.() !== 0) return 'an Engine of its own needs root, and no other is stopped';
  const missing = PROGRAMS.filter((name) => !isInPath(name));
  return missing.length > 0
    ? `an Engine of its own needs ${missing.join(', ')}, and no other is stopped`
    : null;
}

/** A dockerd that the test may do anything to, with a containerd of its own that outlives it, as Debian runs the two. */
export class OwnEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-'));
  readonly socket = join(this.folder, 'd.sock');
  readonly docker = dockerOf(this.socket);
  readonly #containerd: ChildProcess;
  readonly #flags: readonly string[];
  #dockerd: ChildProcess | undefined;

  private constructor(flags: readonly string[]) {
    this.#flags = flags;
    const config = join(this.folder, 'containerd.toml');
    writeFileSync(config, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
    this.#containerd = this.#run('containerd', [
      `--config=${config}`,
      `--root=${this.#path('containerd')}`,
      `--state=${this.#path('state')}`,
      `--address=${this.#path('c.sock')}`,
    ]);
  }

  /** @param flags of dockerd, besides those that keep it apart from the other one */
  static async start(...flags: readonly string[]): Promise<OwnEngine> {
    const engine = new OwnEngine(flags);
    try {
      await engine.boot();
      const image = engine.#path('image.tar');
      await docker('save', `--output=${image}`, NODE_IMAGE);
      await engine.docker('load', `--input=${image}`);
      rmSync(image);
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
    return engine;
  }

  /** Starts dockerd, and waits until it answers. */
  async boot(): Promise<void> {
    rmSync(this.#path('pid'), { force: true });
    // A network of its own: a second dockerd takes the bridge of the first one away, even where it is told to have none.
    const dockerd = this.#run('unshare', [
      '--net',
      'dockerd',
      `--host=unix://${this.socket}`,
      `--containerd=${this.#path('c.sock')}`,
      `--data-root=${this.#path('data')}`,
      `--exec-root=${this.#path('run')}`,
      `--pidfile=${this.#path('pid')}`,
      '--bridge=none',
      '--iptables=false',
      '--log-level=warn',
      ...this.#flags,
    ]);
    this.#dockerd = dockerd;
    await until(async () => (await this.docker('version', '--format={{.Server.Version}}')) !== '', {
      what: 'an engine of our own',
      withinMs: 60_000,
      stillPossible: () => {
        if (hasEnded(dockerd)) throw new Error(`it ended: ${this.#lastWords()}`);
      },
    });
  }

  /** Ends dockerd, with what the signal means to it, and not its containerd. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const dockerd = this.#dockerd;
    if (dockerd === undefined || hasEnded(dockerd)) return;
    const ended = once(dockerd, 'exit');
    dockerd.kill(signal);
    await ended;
  }

  freeze(): Disposable {
    const dockerd = this.#dockerd;
    if (dockerd === undefined || !dockerd.kill('SIGSTOP')) throw new Error('there is no dockerd to freeze');
    return { [Symbol.dispose]: () => void dockerd.kill('SIGCONT') };
  }

  /** Starts a container that keeps `record`: `start` at each of its starts, `asked` when it is asked to end, which it ignores. */
  async startStubborn(project: string, service: string, ...args: readonly string[]): Promise<string> {
    mkdirSync(this.#path(service));
    const labels = {
      'com.docker.compose.project': project,
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': '1',
      'com.docker.compose.oneoff': 'False',
      'alert-bot.enable': 'true',
    };
    const script = `const { appendFileSync } = require('node:fs');
      process.on('SIGTERM', () => appendFileSync('/own/record', 'asked\\n'));
      console.log('as before');
      appendFileSync('/own/record', 'start\\n');
      setInterval(() => {}, 1e6);`;
    const id = await this.docker(
      'run',
      '--detach',
      `--name=${project}-${service}-1`,
      '--network=none',
      // What dockerd itself gives it where it ends or comes back; the bot's restart says how long it waits.
      '--stop-timeout=1',
      `--volume=${this.#path(service)}:/own`,
      ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
      ...args,
      NODE_IMAGE,
      'node',
      '-e',
      script,
    );
    await until(() => this.record(service).length > 0, { what: `${service} to be up` });
    return id;
  }

  /** What a container says that happened to it, whatever dockerd knows of it. */
  record(service: string): string[] {
    return readFileSync(join(this.#path(service), 'record'), 'utf8')
      .trim()
      .split('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dockerd?.kill('SIGCONT');
    if (this.#dockerd !== undefined && hasEnded(this.#dockerd)) await this.boot().catch(() => undefined);
    const ids = await this.docker('ps', '--all', '--quiet').catch(() => '');
    // Whatever one step leaves, the next ones have their turn.
    if (ids !== '') await this.docker('rm', '--force', ...ids.split('\n')).catch(() => undefined);
    await this.end('SIGTERM').catch(() => this.#dockerd?.kill('SIGKILL'));
    if (!hasEnded(this.#containerd)) {
      const ended = once(this.#containerd, 'exit');
      this.#containerd.kill('SIGTERM');
      await ended;
    }
    // dockerd mounts its own root over itself. Lazily: what still has a file of it open is being ended.
    for (const mount of mountsBelow(this.folder)) execFileSync('umount', ['-l', mount]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  #run(command: string, args: readonly string[]): ChildProcess {
    const log = openSync(this.#path('log'), 'a');
    const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
    tie(child, { graceMs: 10_000 });
    closeSync(log);
    return child;
  }

  #lastWords(): string {
    return readFileSync(this.#path('log'), 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** The innermost first. */
function mountsBelow(folder: string): string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(`${folder}/`)).toReversed();
}

function isInPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
