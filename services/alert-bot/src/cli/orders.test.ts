// Orders with --json against the bot over HTTP, on a real log; nothing decides in it, so that what the log says stays.
// approve, reject and reset need a platform: incidents.test.ts.
import { expect, test } from 'vitest';
import { escalate } from '../decision/conclude.ts';
import { rage } from '../http/harness.ts';
import { currentPause } from '../store/controls.ts';
import { countPending } from '../store/deliveries.ts';
import { startBot } from '../testing/bot.ts';
import { again, anIncident } from '../testing/log.ts';
import { acknowledge } from './acknowledge.ts';
import type { Command } from './command.ts';
import { atTerminal, surroundings } from './harness.ts';
import { pause, resume } from './orders.ts';
import { release } from './release.ts';
import { send } from './send.ts';

async function serving() {
  const terminal = await atTerminal(startBot('/nowhere/s.sock', { idle: true }));
  const json = async (command: Command, ...args: string[]): Promise<unknown> =>
    JSON.parse(await terminal.run(command, ...args, '--json'));
  return { ...terminal, json };
}

const TIME = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
const ADA = ['--by', 'ada', '--why', 'a deploy'];
const SAID = { by: 'ada', why: 'a deploy' };

test('send --json prints the receipt of the delivery that the log has', async () => {
  await using terminal = await serving();
  const { db } = terminal.bot.deps;
  const receipt = await terminal.json(send, '--alertname', 'HighErrorRate', '--label', 'service=api');
  expect(receipt).toEqual({ delivery: expect.any(String), accepted: 1, rejected: [] });
  expect(countPending(db)).toBe(1);
});

test('pause and resume --json print what holds until when, and how many pauses ended', async () => {
  await using terminal = await serving();
  const { db, now } = terminal.bot.deps;
  const paused = { paused: true, ...SAID, until: null, scope: 'all' };
  expect(await terminal.json(pause, ...ADA)).toEqual(paused);
  expect(currentPause(db, now())).toMatchObject({ by: 'ada', until: null });
  const one = { ...paused, until: TIME, scope: 'playbook:errors' };
  expect(await terminal.json(pause, '--playbook', 'errors', '--for', '5m', ...ADA)).toEqual(one);
  expect(await terminal.json(resume, '--playbook', 'errors')).toEqual({ paused: false, ended: 1 });
  expect(await terminal.json(resume)).toEqual({ paused: false, ended: 1 });
  expect(await terminal.json(resume)).toEqual({ paused: false, ended: 0 });
  expect(currentPause(db, now())).toBeNull();
});

test('acknowledge --json prints whose page ended', async () => {
  await using terminal = await serving();
  const { db, now } = terminal.bot.deps;
  const { id, title } = anIncident(db, { target: 'supervisor:api' }, now());
  escalate(db, again(db, id), 'quarantined', now());
  expect(await terminal.json(acknowledge, String(id), ...ADA)).toEqual({
    ...{ incident: id, target: 'supervisor:api', title, status: 'escalated', reasons: ['quarantined'] },
    ...{ ...SAID, at: TIME },
  });
});

test('release --json prints the storm and how many it held', async () => {
  await using terminal = await serving();
  rage(terminal.bot);
  const held = terminal.bot.deps.playbooks().limits.storm.incidents;
  const released = { incident: held + 1, held, pace: expect.any(String) };
  expect(await terminal.json(release, ...ADA)).toEqual(released);
});

test('an order that the bot refuses prints no JSON, and is told as without --json', async () => {
  await using terminal = await serving();
  for (const json of [[], ['--json']]) {
    const printed: string[] = [];
    const around = surroundings(terminal.env, (line) => printed.push(line));
    await expect(release.run(json, around)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('The bot refused (conflict): no storm is held'),
    });
    expect(printed).toEqual([]);
  }
});
