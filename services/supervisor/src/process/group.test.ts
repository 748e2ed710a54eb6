import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isGroupDead, signalGroup } from './group.ts';

test('a group is dead when none of its members lives, and can be signalled until then', async () => {
  const child = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
  const pid = Number(child.pid);
  const exit = once(child, 'exit');
  expect(isGroupDead(pid)).toBe(false);
  expect(signalGroup(pid, 'SIGKILL')).toBe(true);
  await exit;
  expect(isGroupDead(pid)).toBe(true);
  expect(signalGroup(pid, 'SIGKILL')).toBe(false);
});
