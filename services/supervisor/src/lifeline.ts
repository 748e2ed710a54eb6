import { type ChildProcess, spawn } from 'node:child_process';

/** What `tie` gives back. */
export type Lifeline = {
  /** Cuts the tie: from now on the child may outlive this process. Safe to call more than once. */
  release(): void;
};

export type TieOptions = {
  /** The first signal the child gets when this process is gone (Postgres wants `SIGINT`). */
  signal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGKILL';
  /** How long the child may take to end before it gets SIGKILL. */
  graceMs?: number;
};

// $1 pid, $2 first signal, $3 tenths of a second of grace. A line on the pipe means "released"; the end of
// the pipe without a line means that the parent died, however it died. Whether the child leads a group is
// asked at once, while its pid is certainly its own: later that number may belong to somebody else.
const REAPER = `
if kill -s 0 -- "-$1" 2>/dev/null; then target="-$1"; else target="$1"; fi
read -r _ && exit 0
kill -s "$2" -- "$target" 2>/dev/null || exit 0
n=0
while [ "$n" -lt "$3" ]; do
  kill -s 0 -- "$target" 2>/dev/null || exit 0
  sleep 0.1
  n=$((n + 1))
done
kill -s KILL -- "$target" 2>/dev/null
`;

/**
 * Ties a spawned child to the life of this process: when this process ends in any way that does not
 * `release` first, kill -9 included, the child gets `signal` and, `graceMs` later, SIGKILL.
 *
 * A child spawned with `detached: true` leads its own process group, and the whole group is ended, so
 * grandchildren go too; any other child is ended alone. What has left the group (`setsid`) is not found.
 *
 * It works by a small shell that reads a pipe only we hold the other end of: the kernel closes it when we
 * die. The tie is cut by itself once the child and its group are gone. It keeps no event loop alive.
 *
 *     const child = spawn(file, args, { detached: true, stdio: 'ignore' });
 *     const lifeline = tie(child);
 *
 * Throws if the child was not spawned or the shell cannot be: an untied child would be an orphan one day.
 */
export function tie(child: ChildProcess, options: TieOptions = {}): Lifeline {
  const { signal = 'SIGTERM', graceMs = 1000 } = options;
  const pid = child.pid;
  if (pid === undefined) throw new Error('lifeline: the child was not spawned, so it cannot be tied');

  const tenths = String(Math.ceil(graceMs / 100));
  const reaper = spawn('/bin/sh', ['-c', REAPER, 'lifeline', String(pid), signal.slice(3), tenths], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own session: Ctrl-C and a kill of our process group must not take the reaper with us.
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  reaper.on('error', () => {});
  reaper.stdin.on('error', () => {}); // EPIPE: the reaper is gone, there is nothing left to tell it.
  if (reaper.pid === undefined) throw new Error('lifeline: /bin/sh cannot be started');
  reaper.unref();

  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    reaper.stdin.end('released\n');
  };
  child.once('exit', () => {
    // Grandchildren that outlive the child keep the group, and the tie.
    if (!groupExists(pid)) release();
  });
  return { release };
}

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
