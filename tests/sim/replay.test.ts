// The past under another playbook file, over hours that the real bot has lived through in a simulated world.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, type ReplayAnswer } from '../../services/alert-bot/src/replay/answer.ts';
import { openToRead, replay } from '../../services/alert-bot/src/replay/replay.ts';
import { openLog } from '../../services/alert-bot/src/store/db.ts';
import { logFolder } from './folder.ts';
import { busyRun, compiled, PLAYBOOKS } from './recorded.ts';

const LENGTH = 66 * 60_000;

let folder: ReturnType<typeof logFolder>;
let log: string;
let same: string;

beforeAll(async () => {
  folder = logFolder();
  log = await busyRun(folder.path, LENGTH);
  same = await replayed(log, PLAYBOOKS);
}, 180_000);
afterAll(() => folder[Symbol.dispose]());

async function replayed(of: string, playbooks: string): Promise<string> {
  const db = openToRead(of);
  try {
    return JSON.stringify(answerOf(await replay(db, compiled(playbooks))));
  } finally {
    db.close();
  }
}

const read = (text: string): ReplayAnswer => JSON.parse(text);

const endedOtherwise = ({ differences }: ReplayAnswer) =>
  differences.filter(({ was, now }) => was?.end !== now?.end || was?.actions.length !== now?.actions.length);

describe('a recorded run of over 200 incidents', () => {
  it('ends under the same file as it did: every incident in the same way, with as many actions', () => {
    const answer = read(same);
    // What went otherwise only in what is not known of it ended as it did; the rest is named, with its reason.
    expect(endedOtherwise(answer)).toEqual([]);
    for (const { was, notKnown } of answer.undecided)
      expect([was?.incident, notKnown]).toEqual([
        expect.any(Number),
        [expect.stringMatching(/^(moment|follows)$/)],
      ]);
    const { incidents } = answer.totals.was;
    expect(incidents).toBeGreaterThanOrEqual(200);
    expect(answer.undecided.length).toBeLessThanOrEqual(0.01 * incidents);
    expect(answer.same + answer.differences.length + answer.undecided.length).toBe(incidents);
    if (answer.undecided.length === 0)
      expect(answer.totals.now).toMatchObject({ incidents, actions: answer.totals.was.actions });
    // It says something only where much happened.
    const { actions, escalated, healed, recovered, dismissed } = answer.totals.was;
    expect(Math.min(actions, healed)).toBeGreaterThan(80);
    expect(Math.min(escalated, recovered, dismissed)).toBeGreaterThan(2);
  });

  it('is told from what was observed: without decisions, attempts, calls and circuits the answer has the same bytes', async () => {
    const copy = join(folder.path, 'emptied');
    cpSync(log, copy, { recursive: true });
    const { db, close } = openLog(copy);
    for (const table of ['decisions', 'calls', 'attempts', 'targets']) {
      expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBeGreaterThan(0);
      db.pragma('foreign_keys = OFF');
      db.exec(`DELETE FROM ${table}`);
    }
    // To look at it is no start of the bot.
    db.exec("UPDATE meta SET value = value - 1 WHERE key = 'boot'");
    close();
    expect(await replayed(copy, PLAYBOOKS)).toBe(same);
  }, 120_000);

  it('a playbook that only asks changes its own incidents and no other', async () => {
    const answer = read(await replayed(log, asking('down')));
    expect(answer.differences.length).toBeGreaterThan(10);
    const was = read(same).totals.was;
    expect(answer.totals.was).toEqual(was);
    // What waits for a person stands in the way of what depends on it.
    const isOfDown = ({ was, now }: ReplayAnswer['differences'][number]) =>
      now?.playbook === 'down' || was?.playbook === 'down';
    const concerned = new Set(answer.differences.filter(isOfDown).map(({ target }) => target));
    // What waits for a person stands in the way of what comes next on the same target, and of what depends on it.
    for (const name of ['payments', 'api', 'web']) concerned.add(`sim:service:shop/${name}`);
    for (const one of answer.differences) expect(concerned).toContain(one.target);
    const asked = answer.differences.filter((one) => one.now?.askedAt != null);
    expect(asked.length).toBeGreaterThan(10);
    for (const one of asked) expect(one.notKnown).toContain('asked');
    expect(answer.totals.now.asked).toBe(asked.length);
    expect(answer.playbooks.find(({ name }) => name === 'down')?.now.actions).toBe(0);
  }, 120_000);
});

const asking = (name: string): string =>
  PLAYBOOKS.replace(`- name: ${name}\n`, `- name: ${name}\n    mode: approve\n`);
