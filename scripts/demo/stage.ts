import { until } from '../stack/until.ts';
import type { Screen } from './screen.ts';

/** A stage that did not happen, and where to look. It ends the run. */
export class StageFailure extends Error {
  readonly act: 1 | 2 | null;
  readonly stage: string;

  constructor(act: 1 | 2 | null, stage: string, message: string) {
    super(act === null ? message : `act ${act}: ${message}`);
    this.act = act;
    this.stage = stage;
  }
}

/** What has happened instead of the awaited: it ends the wait at once. */
export class Instead {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

export type Stage<T> = {
  name: string;
  /** Completes "waiting for …". */
  awaited: string;
  withinMs: number;
  /** What is there once it has happened. An error counts as "not yet". */
  ask: () => Promise<T | undefined | Instead> | T | undefined | Instead;
  /** Told when time is up: "HighErrorRate did not fire". */
  missed: () => string;
  /** Where a person looks. */
  look: string;
};

/** Waits for one stage after the other, as long as nothing has ended the run. */
export class Stages {
  act: 1 | 2 | null = null;
  private readonly screen: Screen;
  private readonly checkAlive: () => void;
  private current = '';

  /** `checkAlive` throws when the run is over for another reason. */
  constructor(screen: Screen, checkAlive: () => void) {
    this.screen = screen;
    this.checkAlive = checkAlive;
  }

  /** What is awaited now. */
  get now(): string {
    return `waiting for ${this.current}`;
  }

  async reach<T>(stage: Stage<T>): Promise<T> {
    const { name, awaited, withinMs, ask, look } = stage;
    this.current = awaited;
    const began = performance.now();
    const reached = await until<T | Instead>(ask, {
      what: awaited,
      withinMs,
      everyMs: 100,
      stillPossible: () => {
        this.checkAlive();
        const seconds = Math.floor((performance.now() - began) / 1000);
        this.screen.progress(
          `          … waiting for ${awaited} (${seconds} of at most ${withinMs / 1000} s)`,
        );
      },
    }).catch((error: unknown) => {
      if (error instanceof StageFailure) throw error;
      // `until` keeps the error of its last question: an answer that cannot be had is the better explanation.
      const unanswered =
        error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
      throw this.failure(name, `${stage.missed()} within ${withinMs / 1000} s${unanswered}`, look);
    });
    if (reached instanceof Instead) throw this.failure(name, reached.what, look);
    return reached;
  }

  failure(name: string, what: string, look: string): StageFailure {
    return new StageFailure(this.act, name, `${what} (${look})`);
  }
}
