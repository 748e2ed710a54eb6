import { StageFailure, type Stages } from './stage.ts';

/** What ends a run before its last stage: a signal, a part that died, too much time. The first one counts. */
export class Ending {
  /** Whether a person, or the system, wanted it. */
  interrupted = false;
  readonly interruption: Promise<void>;
  private failure: StageFailure | undefined;
  private stages: Stages | undefined;

  constructor(signalled: Promise<string>, atMostMs: number) {
    this.interruption = signalled.then((why) => {
      this.interrupted = true;
      this.because('interrupted', `ended by ${why}`);
    });
    const limit = setTimeout(() => this.because('time', `not over after ${atMostMs / 1000} s`), atMostMs);
    limit.unref();
  }

  /** From now on it can tell at which stage the run ended. */
  watch(stages: Stages): void {
    this.stages = stages;
  }

  because(stage: string, what: string): void {
    const at = this.stages ? `while ${this.stages.now}: ` : '';
    this.failure ??= new StageFailure(this.stages?.act ?? null, stage, `${at}${what}`);
  }

  check(): void {
    if (this.failure) throw this.failure;
  }
}
