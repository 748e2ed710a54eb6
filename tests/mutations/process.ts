import { spawn } from 'node:child_process';

export interface Ended {
  /** null where it was ended for taking too long. */
  code: number | null;
  /** What it said on both its outputs. */
  said: string;
}

const running = new Set<() => void>();

/** Ends what is still running, with all that it started. */
export const endAll = (): void => {
  for (const end of running) end();
};

/**
 * Runs a program to its end, in a process group of its own.
 * @param atMost milliseconds, after which the whole group is ended
 */
export function run(program: string, args: readonly string[], cwd: string, atMost: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, detached: true, env: environment() });
    let said = '';
    let late = false;
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, atMost);
    running.add(end);
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const over = () => {
      clearTimeout(timer);
      running.delete(end);
    };
    child.on('error', (error) => {
      over();
      reject(error);
    });
    child.on('close', (code) => {
      over();
      resolve({ code: late ? null : code, said });
    });
  });
}

/** Without what npm and another vitest around it set, which would lead the inner one astray. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VITEST|npm_|NODE_OPTIONS)/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
