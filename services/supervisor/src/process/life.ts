import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { SupervisorError } from '../errors.ts';
import { isGroupDead, signalGroup } from './group.ts';
import { eachLine } from './lines.ts';
import { type Spawned, type SpawnPlan, spawnGroup } from './spawn.ts';

export type Ending = { exitCode: number | null; signal: NodeJS.Signals | null };

export type LifeEvents = {
  onLine(line: string): void;
  /** The grace time is over; SIGKILL is about to be sent. */
  onKill(): void;
  /** Called in the moment the process is known to have ended. */
  onEnd(ending: Ending): void;
};

/** SIGKILL cannot be ignored, but a process in an uninterruptible system call is not gone either. */
const KILL_MUST_WORK_MS = 10_000;
const STRAGGLERS_MS = 1000;
/** For what is still in the pipes; a process that has left the group may hold them open for ever. */
const LAST_WORDS_MS = 200;

/** One life of a process, from its spawn to the end of its group. */
export class Life {
  readonly pid: number;
  /** Settles when the process has ended and nothing of its group is left. Never rejects. */
  readonly ended: Promise<void>;
  readonly #events: LifeEvents;
  readonly #stuck = Promise.withResolvers<never>();
  #killAt = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  static async begin(plan: SpawnPlan, events: LifeEvents): Promise<Life> {
    return new Life(await spawnGroup(plan), events);
  }

  private constructor({ child, pid, lifeline }: Spawned, events: LifeEvents) {
    this.pid = pid;
    this.#events = events;
    this.#stuck.promise.catch(() => {});
    eachLine(child.stdout, events.onLine);
    eachLine(child.stderr, events.onLine);
    const closed = Promise.all([child.stdout, child.stderr].map((stream) => once(stream, 'close')));
    const exited = Promise.withResolvers<void>();
    child.once('exit', (exitCode, signal) => {
      clearTimeout(this.#timer);
      events.onEnd({ exitCode, signal });
      exited.resolve();
    });
    this.ended = exited.promise
      .then(() => sweep(pid))
      .then(() => Promise.race([closed, delay(LAST_WORDS_MS)]))
      .then(() => lifeline.release());
  }

  get isStopping(): boolean {
    return this.#killAt !== Number.POSITIVE_INFINITY;
  }

  /**
   * SIGTERM to the whole group, SIGKILL after `timeoutMs`; settles when it is gone. Asked again it sends no
   * second SIGTERM and can only make the wait shorter. Rejects with `stop_failed` if SIGKILL does not help.
   */
  stop(timeoutMs: number): Promise<void> {
    const killAt = performance.now() + timeoutMs;
    if (!this.isStopping) signalGroup(this.pid, 'SIGTERM');
    if (killAt < this.#killAt) {
      this.#killAt = killAt;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#kill(), timeoutMs);
    }
    return Promise.race([this.ended, this.#stuck.promise]);
  }

  #kill(): void {
    this.#events.onKill();
    signalGroup(this.pid, 'SIGKILL');
    this.#timer = setTimeout(() => {
      const message = `process ${this.pid} has not ended ${KILL_MUST_WORK_MS / 1000} s after SIGKILL`;
      this.#stuck.reject(new SupervisorError('stop_failed', message));
    }, KILL_MUST_WORK_MS);
  }
}

/** As in a container, the end of the first process ends the others: nothing may hold its port afterwards. */
async function sweep(pid: number): Promise<void> {
  const deadline = performance.now() + STRAGGLERS_MS;
  while (signalGroup(pid, 'SIGKILL') && !isGroupDead(pid) && performance.now() < deadline) await delay(5);
}
