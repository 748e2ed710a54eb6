import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const event = z.object({ id: z.string(), Action: z.string(), timeNano: z.number() });

/** Writes down what the engine tells of a project's containers; asked afterwards it has forgotten all but 256 events. */
export class EventStream implements Disposable {
  readonly #seen: z.output<typeof event>[] = [];
  readonly #docker: ChildProcess;

  constructor(project: string) {
    const filters = [
      `label=com.docker.compose.project=${project}`,
      'type=container',
      'event=die',
      'event=start',
    ];
    const args = ['events', '--format={{json .}}', ...filters.map((filter) => `--filter=${filter}`)];
    this.#docker = spawn('docker', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (this.#docker.stdout !== null)
      createInterface(this.#docker.stdout).on('line', (line) =>
        this.#seen.push(event.parse(JSON.parse(line))),
      );
  }

  since(id: string, at: number): string[] {
    return this.sinceOf([id], at);
  }

  /** Of several containers, in the order of the engine. */
  sinceOf(ids: readonly string[], at: number): string[] {
    return this.#seen
      .filter((one) => ids.includes(one.id) && one.timeNano / 1e6 >= at)
      .toSorted((a, b) => a.timeNano - b.timeNano)
      .map(({ Action }) => Action);
  }

  [Symbol.dispose](): void {
    this.#docker.kill();
  }
}
