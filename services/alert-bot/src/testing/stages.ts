// For the tests only: what the stages of one test file share.
import { bootSupervisor } from '../../../supervisor/src/harness.ts';
import { startSignals } from './signals.ts';
import { createStage, type Stage, type StageOptions } from './stage.ts';

/** A supervisor with one process of each name, opted in, and the servers that stand for Prometheus and Alertmanager. */
export async function bootStages(names: readonly string[]) {
  const process = `{ command: [sleep, '100000'], labels: { alert-bot.enable: 'true' } }`;
  const box = await bootSupervisor(
    ['processes:', ...names.map((name) => `  ${name}: ${process}`)].join('\n'),
  );
  const signals = await startSignals();
  return {
    box,
    signals,
    /** A bot with a log of its own; its only service is the process of that name. */
    stageOf: (service: string, options?: StageOptions): Stage =>
      createStage(box, signals.scene, service, options),
    async end(): Promise<void> {
      await signals[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** Runs the engine for the length of a test. */
export function running(stage: Stage) {
  const engine = stage.engine();
  return {
    ...engine,
    async [Symbol.asyncDispose]() {
      stage.stopping.abort();
      await engine.stopped;
    },
  };
}
