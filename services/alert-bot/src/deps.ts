import type { Instant, Millis } from './domain/duration.ts';
import type { ClockJump } from './domain/facts.ts';
import type { Platform } from './domain/platform.ts';
import type { PlaybookFile } from './domain/playbook.ts';
import type { AlertmanagerPort, PrometheusPort } from './domain/signals.ts';
import type { Events } from './observe/events.ts';
import type { Db } from './store/db.ts';

/** What the engine and the executor work with; wired once in app.ts. */
export interface Deps {
  db: Db;
  /** Number of this process among all that opened the log. */
  boot: number;
  /** Log time: the wall clock, but never going back. */
  now(): Instant;
  /** Milliseconds of this process's own clock, for locks: a wall clock that is set must not free one. */
  monotonic(): Millis;
  /**
   * The only way to wait: a simulation has a clock of its own.
   * Rejects when the process stops, or the signal is aborted.
   */
  sleep(length: Millis, signal?: AbortSignal): Promise<void>;
  /**
   * Gives requests their turn where the engine has worked for some milliseconds on end. To be awaited between any two pieces
   * of work, never within a transaction.
   */
  breathe(): Promise<void>;
  /** Set while wall and monotonic time have just moved apart. */
  clockJump(): ClockJump | null;
  /** How far log time is ahead of the wall clock, which the platform, Prometheus and Alertmanager go by. */
  behind(): Millis;
  /** From when on a time that these give is certainly of now: after the wall clock was set back, some come twice. */
  newFrom(): Instant;
  platform: Platform;
  alertmanager: AlertmanagerPort;
  prometheus: PrometheusPort;
  playbooks(): PlaybookFile;
  events: Events;
  /** Something was committed that the engine should look at. */
  wake(): void;
  /** Aborted when the process stops: work in progress is left to the next boot. */
  stopping: AbortSignal;
}
