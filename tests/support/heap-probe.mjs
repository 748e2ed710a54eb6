// Preloaded by NODE_OPTIONS into a process whose memory is measured: on SIGUSR2 it collects garbage, twice because
// finalizers free what the first pass found, and appends what is left, in bytes, to the file that HEAP_PROBE names. With it
// for how long the event loop was held at most since the last time; what the collection itself takes does not count.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on('SIGUSR2', () => {
  const blockedMs = delay.max / 1e6;
  gc();
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  appendFileSync(
    process.env.HEAP_PROBE,
    `${JSON.stringify({ heap: heapUsed + external, rss, blockedMs })}\n`,
  );
  setTimeout(() => delay.reset(), 20);
});
