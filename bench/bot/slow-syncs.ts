import { tool } from '../../scripts/tools.ts';

/** By how much each sync of a file is made slower. */
export const SLOW_MS = 5;

/** What a process is started below, so that the kernel takes its time for each sync. */
export async function slowSyncs(): Promise<readonly [string, ...string[]]> {
  const { path } = await tool('strace');
  const syncs = 'fsync,fdatasync';
  const delay = `inject=${syncs}:delay_enter=${SLOW_MS * 1_000}`;
  // -D: signals reach the process and not strace. The filter leaves all other calls as fast as they are.
  return [path, '-D', '-f', '--seccomp-bpf', '-o', '/dev/null', '-e', `trace=${syncs}`, '-e', delay];
}
