import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to every process of a group. False when there is none left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/**
 * Whether the kernel knows only dead members of the group: they wait for PID 1 to collect them, which some
 * containers' PID 1 does late or never, and hold nothing meanwhile. Where /proc is missing it cannot be told.
 */
export function isGroupDead(pid: number): boolean {
  try {
    const members = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return members.every((member) => isElsewhereOrDead(member, pid));
  } catch {
    return false;
  }
}

function isElsewhereOrDead(member: string, group: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${member}/stat`, 'utf8');
  } catch {
    return true; // It went while we were looking.
  }
  // The program's name stands in brackets and may itself contain any of them.
  const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(pgrp) !== group || state === 'Z' || state === 'X';
}
