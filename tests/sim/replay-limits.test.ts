// What a change of one limit would have changed, on a run that is small enough to be told whole.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, type ReplayAnswer } from '../../services/alert-bot/src/replay/answer.ts';
import { openToRead, replay } from '../../services/alert-bot/src/replay/replay.ts';
import { logFolder } from './folder.ts';
import { compiled, fault, PLAYBOOKS, recordRun, service } from './recorded.ts';

let folder: ReturnType<typeof logFolder>;
let log: string;

// The same service fails three times, another one once: each is healed by one restart.
beforeAll(async () => {
  folder = logFolder();
  log = await recordRun(folder.path, {
    seed: 3,
    playbooks: PLAYBOOKS,
    services: [service('web'), service('mail'), service('idle')],
    script: [fault(20_000, 'web'), fault(80_000, 'web'), fault(110_000, 'mail'), fault(140_000, 'web')],
    length: 200_000,
  });
}, 60_000);
afterAll(() => folder[Symbol.dispose]());

async function under(change: [from: string, to: string]): Promise<ReplayAnswer> {
  const db = openToRead(log);
  try {
    expect(PLAYBOOKS).toContain(change[0]);
    return answerOf(await replay(db, compiled(PLAYBOOKS.replace(...change))));
  } finally {
    db.close();
  }
}

const brief = ({ differences }: ReplayAnswer) =>
  differences.map(({ target, was, now, because, notKnown }) => ({
    target,
    was: was === null ? null : `${was.end} with ${was.actions.length}`,
    now: now === null ? null : `${now.end} with ${now.actions.length}`,
    because: because?.split(':')[0] ?? null,
    notKnown,
  }));

const WEB = 'sim:service:shop/web';

describe('a recorded run of four incidents', () => {
  it('has no difference under the same file', async () => {
    const answer = await under(['cooldown: 15s', 'cooldown: 15s']);
    expect(answer.differences).toEqual([]);
    expect(answer.totals.now).toMatchObject({ incidents: 4, actions: 4, healed: 4, escalated: 0 });
  });

  it('with a budget of one in place of three: the second and the third of the service are a person’s', async () => {
    const answer = await under(['attempts: 3, per: 5m', 'attempts: 1, per: 5m']);
    expect(brief(answer)).toEqual([
      {
        target: WEB,
        was: 'healed with 1',
        now: 'handed_over with 0',
        because: 'escalate quarantined',
        notKnown: ['not_acted'],
      },
      {
        target: WEB,
        was: 'healed with 1',
        now: 'handed_over with 0',
        because: 'escalate quarantined',
        notKnown: ['not_acted'],
      },
    ]);
    expect(answer.totals).toMatchObject({
      was: { actions: 4, healed: 4 },
      now: { actions: 2, healed: 2, escalated: 2 },
    });
    expect(answer.notKnown).toContainEqual(expect.objectContaining({ why: 'not_acted', count: 2 }));
  });

  it('with a longer cooldown: the second waits for it and is over before, so that the first two are apart', async () => {
    const answer = await under(['cooldown: 15s', 'cooldown: 55s']);
    expect(brief(answer)).toEqual([
      {
        target: WEB,
        was: 'healed with 1',
        now: 'recovered with 0',
        because: 'defer cooldown',
        notKnown: ['not_acted'],
      },
    ]);
  });

  it('with mode approve for one playbook: each would have waited for a person, and what then is not known', async () => {
    const answer = await under(['- name: errors\n', '- name: errors\n    mode: approve\n']);
    expect(brief(answer)).toEqual(
      [WEB, WEB, 'sim:service:shop/mail', WEB].map((target) => ({
        target,
        was: 'healed with 1',
        now: 'recovered with 0',
        because: 'defer approval_required',
        notKnown: ['not_acted', 'asked'],
      })),
    );
    expect(answer.totals.now).toMatchObject({ incidents: 4, actions: 0, asked: 4 });
  });

  it('with mode observe: nothing is done, and each is dismissed', async () => {
    const answer = await under(['mode: act', 'mode: observe']);
    expect(answer.totals.now).toMatchObject({ actions: 0, dismissed: 4, escalated: 0 });
    expect(answer.differences).toHaveLength(4);
  });

  it('a limit that nothing came near changes nothing', async () => {
    expect((await under(['concurrent: 2', 'concurrent: 1'])).differences).toEqual([]);
  });
});
