import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Definition } from './config/definition.ts';
import { LogFile } from './process/log-file.ts';
import { LogRing } from './process/log-ring.ts';
import { ManagedProcess } from './process/managed-process.ts';
import { Record } from './record.ts';

export type Member = { process: ManagedProcess; logs: LogRing };

/** All processes of one processes.yml, the record of what happened to them, and what they wrote. */
export class Supervisor {
  readonly startedAt = new Date().toISOString();
  readonly record: Record;
  /** Dependencies first. */
  readonly members: readonly Member[];
  readonly #logger: Logger;

  /** `definitions` are sorted, dependencies first; `dataDir` exists. Nothing is started yet. */
  constructor(definitions: readonly Definition[], dataDir: string, logger: Logger) {
    this.#logger = logger;
    this.record = new Record(join(dataDir, 'record.jsonl'), logger);
    this.members = definitions.map((definition) => this.#member(definition, dataDir));
  }

  find(idOrName: string): Member | undefined {
    return this.members.find(
      ({ process }) => process.id === idOrName || process.definition.name === idOrName,
    );
  }

  /** Starts all, in order. One that cannot be started is left `exited` and does not hold up the others. */
  async start(): Promise<void> {
    for (const { process } of this.members) {
      // The record and the log have it already.
      await process.start().catch(() => {});
    }
  }

  /** Stops all for good: each within its stop timeout, and only when everything that depends on it is gone. */
  async shutdown(): Promise<void> {
    const stopped = new Map<string, Promise<void>>();
    for (const { process } of this.members.toReversed()) {
      const { name } = process.definition;
      const dependants = this.members.filter((member) => member.process.definition.dependsOn.includes(name));
      const waits = dependants.map((member) => stopped.get(member.process.definition.name));
      // Closed at once, so that none is started again while it waits for its turn.
      process.close();
      stopped.set(
        name,
        Promise.all(waits)
          .then(() => process.shutdown())
          .catch((error) => this.#logger.error({ err: error, name }, 'a process could not be stopped')),
      );
    }
    await Promise.all(stopped.values());
  }

  /** For the impatient: SIGKILL to everything that still runs. */
  async kill(): Promise<void> {
    await Promise.allSettled(this.members.map(({ process }) => process.shutdown(0)));
  }

  #member(definition: Definition, dataDir: string): Member {
    const { name } = definition;
    const logs = new LogRing();
    const file = new LogFile(join(dataDir, `${name}.log`), (error) =>
      this.#logger.error({ err: error, name }, 'the log of a process cannot be written'),
    );
    const process = new ManagedProcess(definition, {
      record: (entry) => this.record.add(entry),
      output: (line) => {
        logs.push(line);
        file.append(line);
      },
    });
    return { process, logs };
  }
}
