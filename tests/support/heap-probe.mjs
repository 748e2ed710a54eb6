// Preloaded by NODE_OPTIONS into a process whose memory is measured: on SIGUSR2 it collects garbage, twice because
// finalizers free what the first pass found, and appends what is left, in bytes, to the file that HEAP_PROBE names.
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
process.on('SIGUSR2', () => {
  gc();
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  appendFileSync(process.env.HEAP_PROBE, `${JSON.stringify({ heap: heapUsed + external, rss })}\n`);
});
