import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Command } from '../config/definition.ts';
import { type Lifeline, tie } from '../lifeline.ts';
import { signalGroup } from './group.ts';

export type SpawnPlan = {
  command: Command;
  cwd: string;
  environment: Readonly<Record<string, string>>;
};

export type Spawned = {
  child: ChildProcess & { stdout: Readable; stderr: Readable };
  pid: number;
  lifeline: Lifeline;
};

const INHERITED = ['PATH', 'HOME', 'TZ', 'LANG'];

/** Starts a program as leader of its own process group, tied to our life. Throws an Error that says why not. */
export async function spawnGroup({ command, cwd, environment }: SpawnPlan): Promise<Spawned> {
  const [file, ...parameters] = command;
  const child = spawn(
    // The Node that runs us: another one in PATH may be too old for the workload.
    file === 'node' ? process.execPath : file,
    parameters,
    { cwd, env: { ...inherited(), ...environment }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    // For a missing folder the system, too, says only that the *file* was not found.
    const reason = existsSync(cwd) ? String(error) : `the working directory ${cwd} does not exist`;
    throw new Error(`${command.join(' ')}: ${reason}`);
  }
  // Later errors (a signal that could not be sent) are seen where they happen.
  child.on('error', () => {});
  try {
    return { child, pid: child.pid, lifeline: tie(child) };
  } catch (error) {
    signalGroup(child.pid, 'SIGKILL');
    throw error;
  }
}

function inherited(): Record<string, string> {
  const given = INHERITED.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
