import { readdirSync, readFileSync } from 'node:fs';

/** A process as Linux knows it. Pid and start time together name it for ever: pids are used again. */
export type Seen = { pid: number; started: string; command: string };

/** Every process below this one, shells and reapers included. */
export function descendants(pid: number): Seen[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => look(Number(entry)) ?? []);
  const below = (parent: number): Seen[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid).map(({ pid: own, started, command }) => ({ pid: own, started, command }));
}

export function stillRuns({ pid, started }: Seen): boolean {
  const now = look(pid);
  return now !== undefined && now.started === started && now.state !== 'Z';
}

function look(pid: number): (Seen & { parent: number; state: string }) | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything. After it: state, parent, … and, as the 20th, the start time.
    const [state = '', parent = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(parent), state, started: rest[17] ?? '', command };
  } catch {
    return undefined;
  }
}
