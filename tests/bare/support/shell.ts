import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../../scripts/stack/until.ts';

/** One shell for a whole page, as what a reader exports in one block is used in the next. */
export class Shell {
  readonly #child: ChildProcess;
  #seen = '';
  #count = 0;

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    // A group of its own, so that what a page leaves in the background ends with it.
    this.#child = spawn('bash', ['--noprofile', '--norc'], { cwd, env, detached: true, stdio: 'pipe' });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#seen += text;
      });
    // Jobs in groups of their own: else what runs in the background would not hear Ctrl-C.
    this.#write('set -m');
  }

  /** Runs it to its end. @returns all that a person would see, and how it ended */
  async run(command: string, withinMs = 40_000): Promise<{ output: string; code: number }> {
    const { begins, mark } = this.#next();
    // Not our stdin, which is the rest of what is to be run.
    this.#write(`{ ${command}\n} < /dev/null; printf '\\n${mark} %s\\n' $?`);
    return this.#ended(begins, mark, command, withinMs);
  }

  /** Runs it until it has printed the pattern, then presses Ctrl-C. */
  async runUntil(
    command: string,
    says: RegExp,
    withinMs = 40_000,
  ): Promise<{ output: string; code: number }> {
    const { begins, mark } = this.#next();
    this.#write(`{ ${command}\n} < /dev/null & LONG=$!`);
    try {
      await until(() => says.test(this.#seen.slice(begins)), { what: `${says} of: ${command}`, withinMs });
    } catch (error) {
      throw new Error(`it printed: ${this.#seen.slice(begins)}`, { cause: error });
    } finally {
      this.#write(`kill -INT -- -$LONG; wait $LONG; printf '\\n${mark} %s\\n' $?`);
    }
    return this.#ended(begins, mark, command, withinMs);
  }

  /** Ends every job that is still in the background. */
  async endJobs(): Promise<void> {
    await this.run('for job in $(jobs -p); do kill -- -$job; done; wait');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endJobs();
    this.#child.stdin?.end();
    await once(this.#child, 'close');
  }

  #next() {
    return { begins: this.#seen.length, mark: `ended-${this.#count++}-${process.pid}` };
  }

  #write(text: string): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  async #ended(begins: number, mark: string, command: string, withinMs: number) {
    const end = new RegExp(`\\n${mark} (\\d+)\\n`);
    const found = await until(() => end.exec(this.#seen.slice(begins)) ?? undefined, {
      what: `the end of: ${command}`,
      withinMs,
    });
    return { output: found.input.slice(0, found.index), code: Number(found[1]) };
  }
}
