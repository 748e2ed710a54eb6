import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { runSeed } from './run.ts';

const { folder, traceAll } = z.object({ folder: z.string(), traceAll: z.boolean() }).parse(workerData);
if (!traceAll) Error.stackTraceLimit = 0;
const port = parentPort;
if (port === null) throw new Error('worker.ts is run by main.ts');

// One seed after the other, as the parent hands them out.
port.on('message', (seed: number) => {
  void runSeed(seed, folder, traceAll).then(
    (result) => port.postMessage(result),
    (error: unknown) => {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      port.postMessage({ seed, broken: why });
    },
  );
});
