// The bot with its engine in this process, over a real supervisor; Alertmanager and Prometheus are away.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { PlatformError } from '../domain/platform.ts';
import { approvalsOf } from '../store/approvals.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { anIncident } from '../testing/log.ts';
import { fire, get, order } from './harness.ts';

const NAMES = ['yes', 'no', 'unsaid', 'twice', 'changed', 'more', 'away', 'late', 'other', 'told', 'open'];
let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  const process = `{ command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }`;
  supervisor = await bootSupervisor(
    ['processes:', ...NAMES.map((name) => `  ${name}: ${process}`)].join('\n'),
  );
});
afterAll(() => supervisor[Symbol.asyncDispose]());

/** An incident about which the bot has asked question 1. */
async function asked(bot: TestBot, service: string): Promise<void> {
  const { json } = await fire(bot, service);
  expect(json).toMatchObject({ decisions: [{ incident: 1, reason: 'approval_required' }] });
}
const statusOf = async (bot: TestBot) => (await get(bot, '/incidents/1')).json['status'];
const ada = { by: 'ada', why: 'looked at it' };
const answers = ({ deps }: TestBot) => approvalsOf(deps.db, 1).map(({ answer, by }) => [answer, by]);
const conflict = (message: unknown) => ({ status: 409, json: { code: 'conflict', detail: message } });

describe('G13: a person answers', () => {
  test('yes: the target is restarted once, and the log says who allowed it', async () => {
    await using bot = startBot(supervisor.socket);
    await asked(bot, 'yes');
    expect(await supervisor.events('yes')).toEqual(['start']);
    const { status, json } = await order(bot, '/incidents/1/approve', { ...ada, question: 1 });
    expect({ status, json }).toMatchObject({
      status: 200,
      json: {
        incident: 1,
        question: 1,
        target: 'supervisor:yes',
        does: 'restart',
        answer: 'approved',
        ...ada,
      },
    });
    await expect.poll(() => statusOf(bot)).toBe('proving');
    const detail = (await get(bot, '/incidents/1')).json;
    expect(detail).toMatchObject({
      approvals: [{ id: 1, answer: 'approved', by: 'ada', why: 'looked at it', step: 0 }],
      attempts: [{ reason: 'approved' }],
    });
    expect(JSON.stringify(detail['timeline'])).toContain('ada approved question 1: looked at it');
    expect(bot.deps.db.prepare('SELECT by, why, action, subject FROM audit').all()).toEqual([
      { ...ada, action: 'approve', subject: 'incident 1, question 1, supervisor:yes' },
    ]);
    expect((await supervisor.events('yes')).filter((event) => event === 'start')).toHaveLength(2);
  });

  test('no: nothing is done, a person has it, and the alert asks nothing more', async () => {
    await using bot = startBot(supervisor.socket);
    await asked(bot, 'no');
    const answer = await order(bot, '/incidents/1/reject', { by: 'ada', why: 'it migrates' });
    expect(answer).toMatchObject({ status: 200, json: { answer: 'rejected', question: 1 } });
    const detail = (await get(bot, '/incidents/1')).json;
    expect(detail).toMatchObject({ status: 'closed', outcome: 'handed_over', reason: null });
    expect(JSON.stringify(detail['timeline'])).toContain('ada rejected question 1: it migrates');
    // The page for the question ends, and no other one begins: whoever said no knows.
    expect(detail).toMatchObject({
      escalations: [{ reason: 'approval_required', endedAt: expect.any(String) }],
    });
    expect((await fire(bot, 'no')).json).toMatchObject({
      decisions: [{ outcome: 'duplicate', incident: 1 }],
    });
    expect(await statusOf(bot)).toBe('closed');
    expect(await supervisor.events('no')).toEqual(['start']);
    // Whoever sends it again is not told to approve what nobody asks any more.
    expect((await fire(bot, 'no')).json).toMatchObject({
      decisions: [
        {
          ...{ outcome: 'duplicate', incident: 1, status: 'closed' },
          explanation: expect.stringContaining('closed (handed_over): nothing is done until'),
        },
      ],
    });
  });

  test.each([{}, { why: ' ' }])(
    'who rejects says why: %o is refused, and the question waits on',
    async (said) => {
      await using bot = startBot(supervisor.socket);
      await asked(bot, 'unsaid');
      expect(await order(bot, '/incidents/1/reject', { by: 'ada', ...said })).toMatchObject({
        status: 400,
        json: {
          code: 'invalid',
          detail: 'why: say why you reject it: whoever looks at it next will want to know',
        },
      });
      expect(answers(bot)).toEqual([[null, null]]);
    },
  );

  test('a second answer is refused and told who was first', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    await using running = startBot(supervisor.socket);
    await asked(running, 'twice');
    await order(running, '/incidents/1/approve', ada);
    const said = expect.stringMatching(/^ada has already approved question 1 at 20\d\d-.*Z: looked at it$/);
    for (const verb of ['approve', 'reject'])
      for (const by of ['ada', 'bob'])
        expect(
          await order(running, `/incidents/1/${verb}`, { by, why: 'me too', question: 1 }),
        ).toMatchObject(conflict(said));
    expect(answers(running)).toEqual([['approved', 'ada']]);
    // Nothing was ever asked about an incident that does not wait for anybody.
    anIncident(bot.deps.db);
    expect(await order(bot, '/incidents/1/approve', ada)).toMatchObject(
      conflict('incident 1 asks nothing: it is new'),
    );
    expect(await order(bot, '/incidents/7/approve', ada)).toMatchObject({ status: 404 });
  });

  test('what was restarted since it was asked is refused, and nothing is called', async () => {
    await using bot = startBot(supervisor.socket);
    await asked(bot, 'changed');
    const { platform } = bot.deps;
    const { find } = platform;
    platform.find = async (name) =>
      (await find(name)).map((target) => ({
        ...target,
        instances: target.instances.map((one) => ({ ...one, startedAt: (one.startedAt ?? 0) + 1 })),
      }));
    expect(await order(bot, '/incidents/1/approve', { ...ada, question: 1 })).toMatchObject(
      conflict(
        'supervisor:changed is not what question 1 was about: changed was restarted since it was asked. Nothing was approved',
      ),
    );
    // It is asked anew, and the number of the first question is worth nothing any more.
    await expect
      .poll(() => answers(bot))
      .toEqual([
        ['replaced', null],
        [null, null],
      ]);
    expect(await order(bot, '/incidents/1/approve', { ...ada, question: 1 })).toMatchObject(
      conflict(
        expect.stringMatching(
          /^question 1 was taken back at .*: what it was about was restarted or replaced; now it is asked question 2: look at it first$/,
        ),
      ),
    );
    expect(await supervisor.events('changed')).toEqual(['start']);
    expect((await order(bot, '/incidents/1/approve', { ...ada, question: 2 })).status).toBe(200);
  });

  test('another container, or one more to act on, is refused', async () => {
    await using bot = startBot(supervisor.socket);
    await asked(bot, 'more');
    const { platform } = bot.deps;
    const { find } = platform;
    const other = { id: 'f'.repeat(64), name: 'more-2' };
    platform.find = async (name) =>
      (await find(name)).map((target) => ({
        ...target,
        instances: target.instances.map((one) => ({ ...one, ...other })),
      }));
    expect(await order(bot, '/incidents/1/reject', { ...ada, question: 9 })).toMatchObject(
      conflict('incident 1 was never asked question 9; now it is asked question 1: look at it first'),
    );
    expect(await order(bot, '/incidents/1/approve', ada)).toMatchObject(
      conflict(
        expect.stringMatching(
          /: [0-9a-f]{12} was replaced or removed; more-2 would be acted on too since it was asked/,
        ),
      ),
    );
    await expect
      .poll(() => answers(bot))
      .toEqual([
        ['replaced', null],
        [null, null],
      ]);
  });

  test('while the platform is away nobody can approve', async () => {
    await using bot = startBot(supervisor.socket);
    await asked(bot, 'away');
    bot.deps.platform.find = async () => {
      throw new PlatformError('unavailable', 'the platform is away');
    };
    expect(await order(bot, '/incidents/1/approve', ada)).toMatchObject({
      status: 503,
      json: {
        code: 'platform_unavailable',
        detail: 'the platform is away; nothing was approved, because nobody can say what runs',
      },
    });
    expect(answers(bot)).toEqual([[null, null]]);
  });

  test('an expired question is refused', async () => {
    await using bot = startBot(supervisor.socket);
    await asked(bot, 'late');
    bot.deps.db.prepare('UPDATE approvals SET expires_at = ?').run(bot.deps.now() - 60_000);
    expect(await order(bot, '/incidents/1/approve', ada)).toMatchObject(
      conflict(expect.stringMatching(/^question 1 expired (1m|at)/)),
    );
    bot.deps.db.prepare('UPDATE incidents SET next_look_at = 0').run();
    bot.deps.wake();
    await expect.poll(() => statusOf(bot)).toBe('escalated');
    expect(await order(bot, '/incidents/1/approve', ada)).toMatchObject(
      conflict(expect.stringMatching(/^question 1 expired at .*Nobody approved the action in time\.$/)),
    );
  });

  test.each([
    [{}, 'by: say who you are'],
    [{ ...ada, question: 'one' }, 'question: the number of the question, as the page names it'],
    [{ ...ada, reason: 'x' }, '(body): there is no "reason"; there are by, why, question'],
    ['{', 'the body is not JSON: send {"by":"your name","why":"…"}'],
  ])('%j is refused by field', async (body, message) => {
    await using bot = startBot(supervisor.socket, { idle: true });
    anIncident(bot.deps.db);
    for (const verb of ['approve', 'reject'])
      expect(await order(bot, `/incidents/1/${verb}`, body)).toMatchObject({
        status: 400,
        json: { code: 'invalid', detail: message },
      });
  });
});

describe('GET /api/v1/events', () => {
  test('tells what happened after an event, and where to go on', async () => {
    await using bot = startBot(supervisor.socket);
    expect((await get(bot, '/events')).json).toEqual({ events: [], last: 0, next: null });
    await asked(bot, 'open');
    const { last } = (await get(bot, '/events')).json;
    const all = (await get(bot, '/events?after=0')).json['events'];
    expect(all).toMatchObject([
      { id: 1, incident: 1, target: 'supervisor:open', title: 'HighErrorRate', kind: 'alert' },
      { kind: 'decision' },
      { kind: 'approval', text: expect.stringContaining('may the bot restart open') },
      { kind: 'status', text: 'new → awaiting_approval: approval_required', id: last },
    ]);
    expect((await get(bot, `/events?after=2&limit=1`)).json).toMatchObject({ events: [{ id: 3 }], last });
    expect((await get(bot, `/events?after=${last}`)).json).toEqual({ events: [], last, next: null });
  });

  test.each([
    ['?after=x', 'after: the id of an event, or 0 for the first'],
    ['?after=-1', 'after: the id of an event, or 0 for the first'],
    ['?limit=0', 'limit: a number from 1 to 500'],
    ['?from=1', '(query): there is no "from"; there are after, cursor, limit'],
  ])('%s is refused by field', async (query, message) => {
    await using bot = startBot(supervisor.socket, { idle: true });
    expect(await get(bot, `/events${query}`)).toMatchObject({ status: 400, json: { detail: message } });
  });
});
