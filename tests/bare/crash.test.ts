// The real bot and a real supervisor with real processes. Alertmanager and Prometheus are small HTTP servers
// that answer in their shapes, steered by what the supervisor says really happened.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startSignals } from '../../services/alert-bot/src/testing/signals.ts';
import { bootSupervisor, ignoresSigterm } from '../../services/supervisor/src/harness.ts';
import { type Crash, type Detail, prepareBot, type Source } from './crash-bot.ts';

const both = (at: Crash['at']): Crash[] => [
  { at, when: 'before' },
  { at, when: 'after' },
];
/**
 * Everything that commits in an episode: opening and pruning the log, intake, decision, the attempt and its proof. A sweep commits
 * where there is something to compare, which is not so at the start, and triage counts a first try by itself where a delivery waits
 * behind others: engine/sweep.test.ts, engine/triage-pending.test.ts and the simulation have these.
 */
const STEPS = [
  ...['migrate', 'batch', 'giveSpaceBack', 'pass', 'commit', 'triagePending'],
  ...['consider', 'reserve', 'runAttempt'],
  ...['callAndSettle', 'settle', 'beginProof', 'keep', 'proven', 'captureAfter'],
];
/** In the middle of the proof, of which the first look is not the only one. */
const LATER_LOOKS = ['keep-2', 'keep-3'];
const EVERYWHERE = [...STEPS, ...LATER_LOOKS].flatMap(both);
/** Of the process that recovers what the first one left right after its call. */
const IN_RECOVERY = ['settle', 'beginProof', 'keep'].flatMap(both);
/** Of an episode that no restart heals. */
const IN_VAIN = [13, 15, 17, 19, 21, 23, 25].map((at): Crash => ({ at, when: 'after' }));

const nameOf = (kind: string, { at, when }: Crash): string => `${kind}-${when}-${at}`;

let box: Awaited<ReturnType<typeof bootSupervisor>>;
let signals: Awaited<ReturnType<typeof startSignals>>;
/** Who was committing when the process was killed, by point. */
const killedAt = new Map<string, string>();
const ONLY_WATCHED = 'only-watched';

beforeAll(async () => {
  const quiet = `{ command: [sleep, '100000'], labels: { alert-bot.enable: 'true' } }`;
  const stubborn = `{ command: ${ignoresSigterm}, labels: { alert-bot.enable: 'true' } }`;
  const names = [
    ONLY_WATCHED,
    ...EVERYWHERE.map((point) => nameOf('once', point)),
    ...IN_RECOVERY.map((point) => nameOf('twice', point)),
    ...IN_VAIN.map((point) => nameOf('vain', point)),
  ];
  box = await bootSupervisor(
    ['processes:', ...names.map((name) => `  ${name}: ${quiet}`), `  stubborn: ${stubborn}`].join('\n'),
  );
  signals = await startSignals();
});
afterAll(async () => {
  await signals[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});

/** A bot whose alert fires until its process was restarted so often. */
async function brokenUntilRestarted(
  service: string,
  source: Source,
  more: { grace?: string; times?: number; budget?: number; query?: string } = {},
) {
  const { grace = '1s', times = 1, ...rest } = more;
  const scene = signals.scene(service);
  const bot = await prepareBot({ scene, socket: box.socket, service, grace, source, ...rest });
  let began = false;
  const firing = async () => began && (await box.process(service)).restartCount < times;
  scene.listed = async () => (source === 'alertmanager' && (await firing()) ? [{ labels: bot.labels }] : []);
  scene.rules = async () => [
    { name: 'Broken', query: 'broken == 1', alerts: (await firing()) ? [bot.labels] : [] },
  ];
  const begin = () => {
    began = true;
  };
  return { bot, scene, begin };
}

type Bot = Awaited<ReturnType<typeof prepareBot>>;
type Run = ReturnType<Bot['start']>;

/** Waits until the one incident there is has come to this status. */
const incidentIs = (bot: Bot, status: string): Promise<Detail> =>
  vi.waitFor(
    async () => {
      const [incident] = (await bot.incidents()) ?? [];
      if (incident?.status !== status) throw new Error(`not ${status} yet: ${JSON.stringify(incident)}`);
      return incident;
    },
    { timeout: 90_000, interval: 100 },
  );

/** Waits for the kill, and notes where it was. False where the episode was over before. */
async function wasKilled(run: Run, over: Promise<unknown>, point: string): Promise<boolean> {
  const end = await Promise.race([run.ended, over.then(() => null)]);
  if (end === null) return false;
  expect(end).toMatchObject({ signal: 'SIGKILL' });
  killedAt.set(point, /killed at (\w+)/.exec(end.said)?.[1] ?? end.said);
  return true;
}

/** The one end that is right, wherever the bot was killed. */
async function expectHealedByOneRestart(bot: Bot, service: string): Promise<void> {
  const incident = await incidentIs(bot, 'closed');
  expect(await box.events(service)).toEqual(['start', 'stop', 'die', 'start']);
  expect(incident).toMatchObject({ status: 'closed', outcome: 'healed' });
  expect(incident.attempts.at(-1)).toMatchObject({ outcome: 'helped', calls: [{ verb: 'restart' }] });
  expectOneCallEach(incident);
  expect(bot.isAcknowledged()).toBe(true);
  // Nothing acknowledged is left undone, and nothing was taken for a second trouble.
  expect(await bot.metric('alert_bot_pending_deliveries')).toBe(0);
  expect(await bot.incidents()).toHaveLength(1);
}

function expectOneCallEach({ attempts }: Detail): void {
  for (const attempt of attempts) expect(attempt.calls.length).toBeLessThanOrEqual(1);
  expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, i) => i + 1));
}

describe('G2, G3: kill -9 of the bot', { concurrent: true }, () => {
  test('2 s into a restart of a process that ignores SIGTERM: one stop, one start', async () => {
    const { bot, begin } = await brokenUntilRestarted('stubborn', 'alertmanager', { grace: '10s' });
    await using _ = bot;
    await vi.waitFor(async () => expect(await box.logs('stubborn')).toContain('ready'), { timeout: 20_000 });
    const first = bot.start();
    await bot.deliver(begin);
    const stoppedAt = await vi.waitFor(
      async () => {
        const stop = (await box.record()).find(({ name, event }) => name === 'stubborn' && event === 'stop');
        if (stop === undefined) throw new Error('not stopped yet');
        return Date.parse(stop.at);
      },
      { timeout: 20_000, interval: 50 },
    );
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(stoppedAt + 2_000), { timeout: 20_000 });
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await box.events('stubborn')).toEqual(['start', 'stop']);

    bot.start();
    const incident = await incidentIs(bot, 'closed');
    expect(incident).toMatchObject({ outcome: 'healed', attempts: [{ number: 1, outcome: 'helped' }] });
    expect(incident.attempts).toHaveLength(1);
    expect(await box.events('stubborn')).toEqual(['start', 'stop', 'kill', 'die', 'start']);
  });

  test.each(EVERYWHERE)('$when transaction $at: one stop, one start, healed', async (point) => {
    const service = nameOf('once', point);
    // Half of the alerts are known to nobody but the bot: lost by it, they would be lost for good.
    const source = point.when === 'after' ? 'manual' : 'alertmanager';
    const { bot, begin } = await brokenUntilRestarted(service, source);
    await using _ = bot;
    const first = bot.start(point);
    const delivered = bot.deliver(begin);
    if (await wasKilled(first, incidentIs(bot, 'closed'), service)) bot.start();
    await delivered;
    await expectHealedByOneRestart(bot, service);
  });

  test.each(IN_RECOVERY)('after the call, and again $when transaction $at of the recovery', async (point) => {
    const service = nameOf('twice', point);
    const { bot, begin } = await brokenUntilRestarted(service, 'alertmanager');
    await using _ = bot;
    const first = bot.start({ at: 'settle', when: 'before' });
    await bot.deliver(begin);
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
    if (await wasKilled(bot.start(point), incidentIs(bot, 'closed'), service)) bot.start();
    await expectHealedByOneRestart(bot, service);
  });

  test.each(IN_VAIN)('G4: after transaction $at, while nothing helps: the budget holds', async (point) => {
    const service = nameOf('vain', point);
    const vain = { times: 100, budget: 2, query: 'still_broken{service="{{ $labels.service }}"}' };
    const { bot, scene, begin } = await brokenUntilRestarted(service, 'alertmanager', vain);
    await using _ = bot;
    scene.answer = () => 1;
    const first = bot.start(point);
    // On a busy machine it may die before it has taken it.
    const delivered = bot.deliver(begin);
    if (await wasKilled(first, incidentIs(bot, 'escalated'), service)) bot.start();
    await delivered;

    const incident = await incidentIs(bot, 'escalated');
    expectOneCallEach(incident);
    expect(incident.reason).toMatch(/^(quarantined|budget_exhausted)$/);
    const counted = incident.attempts.filter(({ outcome }) => outcome !== 'not_called');
    expect(counted).toHaveLength(2);
    // One that was begun and never called spends the budget as well: better one too few than one too many.
    const called = counted.filter(({ outcome }) => outcome === 'did_not_help');
    const restarts = called.flatMap(() => ['stop', 'die', 'start']);
    expect(await box.events(service)).toEqual(['start', ...restarts]);
    await vi.waitFor(
      () => expect(scene.sent.map(({ labels }) => labels['alertname'])).toContain('RemediationEscalated'),
      { timeout: 10_000 },
    );
  });
});

test('the kills were at everything that commits in an episode', async () => {
  const { bot, begin } = await brokenUntilRestarted(ONLY_WATCHED, 'alertmanager');
  await using _ = bot;
  const { child, ended } = bot.start('watched');
  await bot.deliver(begin);
  await expectHealedByOneRestart(bot, ONLY_WATCHED);
  child.kill('SIGKILL');
  const { said } = await ended;
  const committed = new Set([...said.matchAll(/transaction of (\w+)/g)].map(([, by]) => by));
  expect([...committed].sort()).toEqual([...STEPS].sort());
  for (const { at, when } of STEPS.flatMap(both))
    expect(killedAt.get(nameOf('once', { at, when })), `${when} ${at}`).toBe(at);
  // How many looks there are depends on how soon the proof is good.
  const laterLooks = LATER_LOOKS.flatMap(both).map((point) => killedAt.get(nameOf('once', point)));
  expect(laterLooks).toContain('keep');
  console.info(`killed ${killedAt.size} times: ${[...killedAt].map((point) => point.join(' ')).join(', ')}`);
});
