import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../../scripts/stack/until.ts';
import { tool } from '../../../scripts/tools.ts';

/** Whatever makes a file durable. */
export const SYNCS = ['fsync', 'fdatasync'];

/** What makes the disk of a traced process fail to sync; `when` is strace's, such as 1 for the first of each thread. */
export const failingSyncs = (when = '1+'): string[] => [
  ...['-e', `trace=${SYNCS.join(',')}`],
  ...['-e', `inject=${SYNCS.join(',')}:error=EIO:when=${when}`],
];

/** Puts strace with these arguments below all threads of a process as it runs, until disposed of. */
export async function attachStrace(
  pid: number | undefined,
  args: readonly string[],
): Promise<AsyncDisposable> {
  const strace = await tool('strace');
  const child = spawn(strace.path, ['-f', '-p', String(pid), '-o', '/dev/null', ...args], {
    env: { ...process.env, ...strace.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(() => /attached/.test(said), {
    what: 'strace to be attached',
    stillPossible: () => {
      if (child.exitCode !== null) throw new Error(`strace ended: ${said}`);
    },
  });
  return {
    // It lets go of the process, which goes on.
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}
