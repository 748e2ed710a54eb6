import { randomBytes } from 'node:crypto';
import type { Definition } from '../config/definition.ts';
import { SupervisorError } from '../errors.ts';
import type { RecordEntry, RecordEvent, StopReason } from '../record.ts';
import { FIRST_HEALTH, type Health, type HealthState, type ProbeResult } from './health.ts';
import { watchHealth } from './health-watch.ts';
import { type Ending, Life } from './life.ts';
import { Queue } from './queue.ts';

/** What the socket answers for one process. */
export type ProcessView = {
  id: string;
  name: string;
  state: 'running' | 'exited';
  pid: number | null;
  startedAt: string | null;
  finishedAt: string | null;
  exitCode: number | null;
  signal: string | null;
  restartCount: number;
  health: Health;
  healthLog: readonly ProbeResult[];
  labels: Readonly<Record<string, string>>;
  dependsOn: readonly string[];
  stopTimeoutMs: number;
};

export type ProcessPorts = {
  record(entry: RecordEntry): void;
  output(line: string): void;
};

/**
 * One defined process over all its lives. It is `running` from a spawn that worked to the end of the process,
 * else `exited`, and changes only because it was asked or because it ended by itself: nothing here restarts.
 * What is asked of it is done one after another, so a start behind a restart finds it running.
 */
export class ManagedProcess {
  readonly definition: Definition;
  /** Kept over restarts, as a container keeps its own; a new supervisor gives new ones. */
  readonly id = randomBytes(32).toString('hex');
  readonly #ports: ProcessPorts;
  readonly #queue = new Queue();
  #life: Life | null = null;
  #last: Life | null = null;
  #watch = new AbortController();
  #health: HealthState = FIRST_HEALTH;
  #startedAt: string | null = null;
  #finishedAt: string | null = null;
  #ending: Ending = { exitCode: null, signal: null };
  #restartCount = 0;
  #closed = false;

  constructor(definition: Definition, ports: ProcessPorts) {
    this.definition = definition;
    this.#ports = ports;
  }

  view(): ProcessView {
    const { name, labels, dependsOn, stopTimeoutMs } = this.definition;
    return {
      id: this.id,
      name,
      state: this.#life === null ? 'exited' : 'running',
      pid: this.#life?.pid ?? null,
      startedAt: this.#startedAt,
      finishedAt: this.#finishedAt,
      ...this.#ending,
      restartCount: this.#restartCount,
      health: this.#healthStatus(),
      healthLog: this.#health.log,
      labels,
      dependsOn,
      stopTimeoutMs,
    };
  }

  /** False if it was running already. Rejects with `start_failed`. */
  start(): Promise<boolean> {
    return this.#queue.run(async () => {
      if (this.#life !== null) return false;
      await this.#begin();
      return true;
    });
  }

  /** False if it was not running. */
  stop(timeoutMs = this.definition.stopTimeoutMs): Promise<boolean> {
    return this.#queue.run(async () => {
      if (this.#life === null) return false;
      await this.#end(this.#life, timeoutMs, 'stop');
      return true;
    });
  }

  /** Stops it if it runs, then starts it. Counted once it is started. Rejects with `start_failed`. */
  restart(timeoutMs = this.definition.stopTimeoutMs): Promise<void> {
    return this.#queue.run(async () => {
      this.#assertOpen();
      if (this.#life !== null) await this.#end(this.#life, timeoutMs, 'restart');
      await this.#begin();
      this.#restartCount += 1;
    });
  }

  /** From now on nothing starts it, not even the second half of a restart that has begun. */
  close(): void {
    this.#closed = true;
  }

  /**
   * The last stop, after which nothing starts it. It does not wait for what was asked before; a stop under way it makes shorter, never longer.
   */
  async shutdown(timeoutMs = this.definition.stopTimeoutMs): Promise<void> {
    this.close();
    const end = async () => {
      if (this.#life !== null) await this.#end(this.#life, timeoutMs, 'shutdown');
    };
    await end();
    // Behind the queue once more, for a start that was just being made.
    await this.#queue.run(end);
  }

  async #begin(): Promise<void> {
    // The process may have gone while others of its group still hold its port.
    await this.#last?.ended;
    this.#assertOpen();
    const { command, cwd, environment, healthcheck } = this.definition;
    const watch = new AbortController();
    let life: Life;
    try {
      life = await Life.begin(
        { command, cwd, environment },
        {
          onLine: (line) => this.#ports.output(line),
          onKill: () => this.#record({ event: 'kill', pid: life.pid }),
          onEnd: (ending) => this.#ended(ending),
        },
      );
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      this.#record({ event: 'start_failed', error });
      throw new SupervisorError('start_failed', `${this.definition.name} cannot be started: ${error}`, {
        cause,
      });
    }
    this.#life = life;
    this.#last = life;
    this.#watch = watch;
    this.#health = FIRST_HEALTH;
    this.#ending = { exitCode: null, signal: null };
    this.#startedAt = this.#record({ event: 'start', pid: life.pid });
    if (healthcheck === null) return;
    void watchHealth(healthcheck, { cwd, environment }, watch.signal, (state) => {
      this.#health = state;
    });
  }

  async #end(life: Life, timeoutMs: number, by: StopReason): Promise<void> {
    // Already being stopped: this only shortens that, and the record keeps one stop for one end.
    if (!life.isStopping) this.#record({ event: 'stop', by, timeoutMs });
    await life.stop(timeoutMs);
  }

  #ended(ending: Ending): void {
    this.#watch.abort();
    this.#life = null;
    this.#ending = ending;
    this.#finishedAt = this.#record({ event: 'die', ...ending });
  }

  #healthStatus(): Health {
    if (this.definition.healthcheck === null) return 'none';
    // As Docker says of a stopped container: what does not run is not healthy.
    return this.#life === null ? 'unhealthy' : this.#health.status;
  }

  #record(event: RecordEvent): string {
    const at = new Date().toISOString();
    this.#ports.record({ at, name: this.definition.name, id: this.id, ...event });
    return at;
  }

  #assertOpen(): void {
    if (this.#closed)
      throw new SupervisorError('shutting_down', 'the supervisor is shutting down and starts nothing');
  }
}
