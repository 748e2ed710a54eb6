import { readFileSync } from 'node:fs';

/**
 * npm passes Ctrl-C and SIGTERM on, but a killed npm tells nobody and would leave us running unseen. Only under npm:
 * a program started by hand may outlive the shell that started it.
 */
export function endWithParent(end: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const atFirst = starters();
  const watch = setInterval(() => {
    if (starters() === atFirst) return;
    clearInterval(watch);
    end();
  }, 500);
  watch.unref();
}

/** The pids between us and npm, npm included: it starts scripts through a shell that may or may not stay. */
function starters(): string {
  const parent = process.ppid;
  return isShell(parent) ? `${parent} ${parentOf(parent)}` : `${parent}`;
}

function isShell(pid: number): boolean {
  return /^(sh|dash|bash|ash|busybox)\n$/.test(read(`/proc/${pid}/comm`));
}

function parentOf(pid: number): string {
  return /^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '';
}

/** Where there is no /proc, our own parent is all that is watched. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
