import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { type BesideEngine, startBesideEngine } from './support/beside-engine.ts';
import { docker } from './support/containers.ts';
import { OwnEngine, whyNoOwnEngine } from './support/own-engine.ts';

// What happens to dockerd, and to the way to it, in the middle of a restart, on engines that nobody else uses. The bot has no
// event stream that could break off: it looks at the engine itself each time, and then nobody answers, or the answer is lost.

const why = whyNoOwnEngine();
const inTurn = { concurrent: false } as const;
const title = (name: string) => (why === null ? name : `${name} (left out: ${why})`);

describe.skipIf(why !== null).concurrent(title('G3: dockerd in mid-restart'), () => {
  let engine: OwnEngine;
  let beside: BesideEngine;
  beforeAll(async () => {
    engine = await OwnEngine.start();
    beside = await startBesideEngine(engine);
  });
  afterAll(async () => {
    await beside?.stop();
    await engine?.[Symbol.asyncDispose]();
  });

  /** A container that the bot has asked to end, which it does not do at once. */
  async function restarting(service: string, ...args: string[]): Promise<void> {
    await engine.startStubborn(beside.project, service, ...args);
    await beside.down(service);
    await until(() => engine.record(service).at(-1) === 'asked', { what: `${service} to be asked to end` });
  }

  /** The first one, and those of all that came after it. dockerd itself asks what it ends, too. */
  const starts = (service: string) => engine.record(service).filter((event) => event === 'start').length;

  test(
    'frozen for a minute: a person is told that nobody knows, and it is not called again',
    inTurn,
    async () => {
      await restarting('frozen');
      const frozenAt = performance.now();
      {
        using _ = engine.freeze();
        const incident = await beside.handedOver('frozen');
        expect(incident).toMatchObject({ reason: 'lost', attempts: [{ outcome: 'lost' }] });
        await until(() => performance.now() - frozenAt > 60_000, { what: 'the minute', withinMs: 70_000 });
        expect(engine.record('frozen')).toEqual(['start', 'asked']);
      }
      // Nobody waits for it any more, and yet it does what it was asked to.
      await until(() => engine.record('frozen').at(-1) === 'start', {
        what: 'the restart to be carried out',
      });
      await beside.staysSo('frozen', () => engine.record('frozen'));
      expect(engine.record('frozen')).toEqual(['start', 'asked', 'start']);
      expect(await beside.calls('frozen')).toEqual(['restart']);
    },
  );

  test('killed, and it comes back and ends what ran: one start in the same attempt', inTurn, async () => {
    // Compose's usual policy: to dockerd it looks stopped by a person, as it died between its stop and its start.
    await restarting('ended', '--restart=unless-stopped');
    await engine.end('SIGKILL');
    await engine.boot();
    expect(await beside.handedOver('ended')).toMatchObject({ attempts: [{ outcome: 'unproven' }] });
    await beside.staysSo('ended', () => engine.record('ended'));
    expect(starts('ended')).toBe(2);
    expect(await beside.calls('ended')).toEqual(['restart', 'start']);
  });

  test('killed, and it comes back and starts what ran: nothing is left to do', inTurn, async () => {
    await restarting('revived', '--restart=always');
    await engine.end('SIGKILL');
    await engine.boot();
    expect(await beside.handedOver('revived')).toMatchObject({ attempts: [{ outcome: 'unproven' }] });
    await beside.staysSo('revived', () => engine.record('revived'));
    expect(starts('revived')).toBe(2);
    expect(await beside.calls('revived')).toEqual(['restart']);
  });

  test('ended and started again: no second restart, and a person is told', inTurn, async () => {
    await restarting('stopped');
    await engine.end('SIGTERM');
    await engine.boot();
    const incident = await beside.handedOver('stopped');
    expect(incident.attempts).toHaveLength(1);
    await beside.staysSo('stopped', () => engine.record('stopped'));
    // dockerd may carry the restart out while it ends, and then end what it has started; or it is left stopped in the middle
    // of ours, which is then carried on with a start. Which one it is depends on how far it came.
    expect(starts('stopped')).toBe(2);
    const [first, ...more] = await beside.calls('stopped');
    expect(first).toBe('restart');
    expect([[], ['start']]).toContainEqual(more);
  });
});

describe.skipIf(why !== null).concurrent(title('G3: dockerd whose containers outlive it'), () => {
  let engine: OwnEngine;
  let beside: BesideEngine;
  beforeAll(async () => {
    engine = await OwnEngine.start('--live-restore');
    beside = await startBesideEngine(engine);
    for (const service of ['severed', 'unheard', 'SIGTERM', 'SIGKILL'])
      await engine.startStubborn(beside.project, service.toLowerCase());
  });
  afterAll(async () => {
    await beside?.stop();
    await engine?.[Symbol.asyncDispose]();
  });

  const untilAsked = (service: string) =>
    until(() => engine.record(service).at(-1) === 'asked', { what: `${service} to be asked to end` });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s in mid-restart, and back: as before, so it was not done, and it is done once, not twice',
    inTurn,
    async (signal) => {
      const service = signal.toLowerCase();
      await beside.down(service);
      await untilAsked(service);
      await engine.end(signal);
      await engine.boot();
      const incident = await beside.handedOver(service);
      expect(incident.attempts).toMatchObject([{ outcome: 'not_done' }, { outcome: 'unproven' }]);
      await beside.staysSo(service, () => engine.record(service));
      // The first one was lost with the dockerd that had to end the container by force: it was asked, and not started.
      expect(engine.record(service)).toEqual(['start', 'asked', 'asked', 'start']);
    },
  );

  test(
    'the proxy is killed in mid-restart, and back: the engine goes on, and it is called once',
    inTurn,
    async () => {
      await beside.down('severed');
      await untilAsked('severed');
      await docker('kill', beside.proxy);
      await docker('start', beside.proxy);
      expect(await beside.handedOver('severed')).toMatchObject({ attempts: [{ outcome: 'unproven' }] });
      await beside.staysSo('severed', () => engine.record('severed'));
      expect(engine.record('severed')).toEqual(['start', 'asked', 'start']);
      expect(await beside.calls('severed')).toEqual(['restart']);
    },
  );

  test('G9: logs that break off in the middle are recorded as such, and do not block', inTurn, async () => {
    beside.relay.cut(/\/logs\?/);
    await beside.down('unheard');
    const { evidence, attempts } = await beside.handedOver('unheard');
    expect(evidence.filter(({ moment }) => moment === 'before')).toMatchObject([
      { kind: 'logs', content: '', error: expect.stringContaining('gave no whole answer') },
      { kind: 'state', error: null },
    ]);
    expect(attempts).toHaveLength(1);
    expect(engine.record('unheard')).toEqual(['start', 'asked', 'start']);
  });
});
