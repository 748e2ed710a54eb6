import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { tie } from '../../services/supervisor/src/lifeline.ts';
import { until } from './until.ts';

export type PartSpec = {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Its output is added to this file. */
  logFile: string;
  /** Whether it can be used now; an error is the reason why not. */
  ready: () => Promise<boolean>;
  /** How long it may take to end before it is killed. */
  graceMs?: number;
  onUnexpectedExit?: (message: string) => void;
};

/**
 * One program of the stack, in a process group of its own that is tied to our life: kill -9 of this process ends it
 * as well. It can be ended and started again under the same addresses.
 */
export class Part {
  readonly name: string;
  private readonly spec: PartSpec;
  private child: ChildProcess | undefined;
  private ending = false;

  constructor(spec: PartSpec) {
    this.name = spec.name;
    this.spec = spec;
  }

  /** undefined while it does not run. */
  get pid(): number | undefined {
    return this.child && !hasEnded(this.child) ? this.child.pid : undefined;
  }

  /** Answers when it is ready, and throws with its last words when it ends before that. */
  async start(): Promise<void> {
    if (this.pid !== undefined) throw new Error(`${this.name} runs already`);
    this.ending = false;
    const child = await this.spawn();
    await until(this.spec.ready, {
      what: `${this.name} to be ready`,
      stillPossible: () => {
        if (hasEnded(child)) throw new Error(this.lastWords(child));
      },
    });
  }

  /** Asks it to end, and kills what has not ended after the grace time. */
  async stop(): Promise<void> {
    if (this.pid === undefined) return;
    const impatience = setTimeout(() => this.signal('SIGKILL'), this.spec.graceMs ?? 5_000);
    try {
      await this.kill('SIGTERM');
    } finally {
      clearTimeout(impatience);
    }
  }

  /** Sends the signal to its process alone, and answers when that has ended. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || hasEnded(child)) return;
    this.ending = true;
    const ended = once(child, 'exit');
    this.signal(signal);
    await ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  private signal(signal: NodeJS.Signals): void {
    // The pid is certainly its own as long as we have not seen it end.
    if (this.pid !== undefined) this.child?.kill(signal);
  }

  private async spawn(): Promise<ChildProcess> {
    const { command, args, cwd, env, logFile } = this.spec;
    const log = openSync(logFile, 'a');
    try {
      const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
      // Tied before anything is awaited: we could be killed meanwhile.
      if (child.pid !== undefined) tie(child, { graceMs: this.spec.graceMs ?? 5_000 });
      await once(child, 'spawn');
      child.once('exit', () => {
        if (!this.ending) this.spec.onUnexpectedExit?.(this.lastWords(child));
      });
      this.child = child;
      return child;
    } finally {
      closeSync(log);
    }
  }

  private lastWords({ exitCode, signalCode }: ChildProcess): string {
    const { name, logFile } = this.spec;
    const words = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
    return `${name} ended by itself (${signalCode ?? `exit code ${exitCode}`}). Its last words, from ${logFile}:\n${words}`;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
