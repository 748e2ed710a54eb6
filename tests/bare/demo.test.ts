import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../../scripts/stack/places.ts';
import { until } from '../../scripts/stack/until.ts';
import { descendants, type Seen, stillRuns } from '../support/descendants.ts';
import { decidedTwice } from './support/explained.ts';

const ms = z.number().int().positive();
const count = z.number().int().nonnegative();
const act1 = {
  firstErrorAt: z.iso.datetime(),
  firingAfterMs: ms,
  deliveredAfterMs: ms,
  actionAfterMs: ms,
  healthyAfterMs: ms,
  healedAfterMs: ms,
  actions: count,
};
const act2 = {
  actions: count,
  budget: count,
  reason: z.string(),
  escalated: z.boolean(),
  actionsAfterQuarantine: count,
};
const good = z.strictObject({
  ok: z.literal(true),
  act1: z.strictObject(act1),
  act2: z.strictObject(act2),
});

const orNull = <T extends z.ZodType>(shape: T) => shape.nullable();
const bad = z.strictObject({
  ok: z.literal(false),
  act1: z.strictObject({
    firstErrorAt: orNull(act1.firstErrorAt),
    firingAfterMs: orNull(ms),
    deliveredAfterMs: orNull(ms),
    actionAfterMs: z.null(),
    healthyAfterMs: z.null(),
    healedAfterMs: z.null(),
    actions: z.literal(0),
  }),
  act2: z.strictObject({
    actions: z.null(),
    budget: z.literal(3),
    reason: z.null(),
    escalated: z.null(),
    actionsAfterQuarantine: z.null(),
  }),
  failed: z.strictObject({ act: z.literal(1), stage: z.string(), message: z.string() }),
});

/** Words of the command lines that must have been seen, so that seeing none of them left says something. */
const parts = [
  'postgres',
  'services/supervisor',
  'services/api',
  'services/alert-bot',
  'alertmanager',
  'prometheus',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-demo-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { code: number | null; answer: string; timeline: string; ran: string; left: Seen[] };

/** Runs it to its end, and tells what of all its processes still runs then. */
async function demo(...args: string[]): Promise<Ended> {
  const command = [join(repository, 'scripts/demo.ts'), '--json', '--folder', folder, ...args];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  // Looked at again and again, as parts are started and ended on the way.
  const pids = new Map<string, Seen>();
  const watch = setInterval(() => {
    for (const seen of child.pid ? descendants(child.pid) : []) {
      // One that has just ended has no command line any more.
      if (seen.command !== '') pids.set(`${seen.pid} ${seen.started}`, seen);
    }
  }, 250);
  try {
    let answer = '';
    let timeline = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      timeline += text;
    });
    const [code] = await ended;
    // The shells that watch over the others end a moment after them.
    const left = () => [...pids.values()].filter(stillRuns);
    await until(() => left().length === 0, { what: 'the end', withinMs: 5_000 }).catch(() => undefined);
    const ran = [...pids.values()].map(({ command: line }) => line).join('\n');
    return { code, answer, timeline, ran, left: left() };
  } finally {
    clearInterval(watch);
    child.kill('SIGKILL');
  }
}

describe('npm run demo', () => {
  it('shows both acts, measures them, and leaves nothing behind', async () => {
    const { code, answer, timeline, ran, left } = await demo();
    expect(code, timeline).toBe(0);
    const { act1: one, act2: two } = good.parse(JSON.parse(answer));
    expect(one.actions).toBe(1);
    expect(two).toEqual({
      actions: 3,
      budget: 3,
      reason: 'quarantined',
      escalated: true,
      actionsAfterQuarantine: 0,
    });
    const { firingAfterMs, deliveredAfterMs, actionAfterMs, healthyAfterMs, healedAfterMs } = one;
    const inOrder = [firingAfterMs, deliveredAfterMs, actionAfterMs, healthyAfterMs, healedAfterMs];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));

    // The whole story is told, and the places that it came from are named and there.
    expect(timeline).toMatch(/first failed request[\s\S]*HighErrorRate fires[\s\S]*restart api begins/);
    expect(timeline).toMatch(/healthy again[\s\S]*proof: proven[\s\S]*incident over: healed/);
    expect(timeline.match(/restart api begins/g)).toHaveLength(4);
    for (const kept of ['requests.jsonl', 'incidents.json', 'supervisor/record.jsonl']) {
      expect(timeline).toContain(join(folder, kept));
      expect(readFileSync(join(folder, kept), 'utf8')).not.toBe('');
    }
    for (const part of parts) expect(ran).toContain(part);
    expect(left).toEqual([]);

    // G10: each decision can be explained from its row alone.
    const decisions = decidedTwice(join(folder, 'incidents.json'));
    expect(new Set(decisions.map(({ told }) => told.reason))).toContain('first_attempt');
    expect(decisions.length).toBeGreaterThanOrEqual(5);
    for (const { told, again } of decisions) expect(again).toEqual(told);
  });

  it.each([
    ['nothing is broken', ['--fault', 'none'], 'firing', /^act 1: .* did not fire, with no failed requests/],
    [
      'nothing listens on Alertmanager’s port',
      ['--break', 'alertmanager'],
      'delivered',
      /^act 1: .* was not delivered to the bot \(http:\S+ does not answer\) within 15 s/,
    ],
    [
      'the bot only watches',
      ['--mode', 'observe'],
      'acted',
      /^act 1: the alert was delivered but not acted on: observe_only: /,
    ],
  ])('fails and names the stage that did not happen when %s', async (_, args, stage, message) => {
    const { code, answer, timeline, ran, left } = await demo(...args);
    expect(code, timeline).toBe(1);
    const { failed } = bad.parse(JSON.parse(answer));
    expect(failed.stage).toBe(stage);
    expect(failed.message).toMatch(message);
    expect(timeline).toContain(failed.message);
    for (const part of parts) expect(ran).toContain(part);
    expect(left).toEqual([]);
  });
});
