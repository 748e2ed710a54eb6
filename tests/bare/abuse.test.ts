import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { holdLog } from '../../services/alert-bot/src/testing/beside.ts';
import { type Alerting, startAlerting } from './support/alerting.ts';
import { down, EAGER, endsWell } from './support/ends-well.ts';
import { inTurn, sideBySide } from './support/loop.ts';

// The way from Alertmanager to the bot, hindered. Each case ends with: what still fires is decided about, and each process
// was restarted once, by the supervisor's own record.

const three = (name: string) => [`${name}-1`, `${name}-2`, `${name}-3`];

describe('a bot that is slow or down', sideBySide, () => {
  const mute = three('mute');
  const frozen = three('frozen');
  const dead = three('dead');
  let alerting: Alerting;
  beforeAll(async () => {
    alerting = await startAlerting({ services: [...mute, ...frozen, ...dead], overrides: EAGER });
  });
  afterAll(() => alerting?.stop());

  it('G2: what was accepted and not answered in time is sent again, and acted on once', inTurn, async () => {
    const { relay } = alerting;
    relay.mute(true);
    await alerting.fire(mute.map(down));
    const givenUp = async () => (await alerting.givenUp()) >= mute.length;
    await until(givenUp, { what: 'Alertmanager to give up' });
    const accepted = () => relay.answers().filter((status) => status === 202).length;
    await until(() => accepted() >= 2 * mute.length, { what: 'the same once more' });
    relay.mute(false);
    await endsWell(alerting, mute);
  });

  it(
    'G2: a bot that is frozen for longer than Alertmanager waits takes all tries, and acts once',
    inTurn,
    async () => {
      const { pid } = alerting.bot;
      if (pid === undefined) throw new Error('the bot does not run');
      const before = await alerting.givenUp();
      process.kill(pid, 'SIGSTOP');
      try {
        await alerting.fire(frozen.map(down));
        const givenUp = async () => (await alerting.givenUp()) >= before + frozen.length;
        await until(givenUp, { what: 'Alertmanager to give up' });
        for (const service of frozen) expect(await alerting.happened(service)).toEqual([]);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await endsWell(alerting, frozen);
    },
  );

  it('a bot that was down for longer than Alertmanager tries finds what fires', inTurn, async () => {
    await alerting.bot.kill();
    const before = await alerting.givenUp();
    await alerting.fire(dead.map(down));
    // Twice: Alertmanager tries each for ten seconds, and then anew.
    const givenUp = async () => (await alerting.givenUp()) >= before + 2 * dead.length;
    await until(givenUp, { what: 'Alertmanager to give up twice', withinMs: 60_000 });
    await alerting.bot.start();
    await endsWell(alerting, dead);
  });
});

describe('a bot that refuses', sideBySide, () => {
  const locked = three('locked');
  const strange = three('strange');
  const known = three('known');
  let alerting: Alerting;
  beforeAll(async () => {
    alerting = await startAlerting({ services: [...locked, ...strange, ...known], overrides: EAGER });
  });
  afterAll(() => alerting?.stop());

  it('G1: 503 while somebody else holds the log, then 202, and one action each', inTurn, async () => {
    const { relay, places } = alerting;
    {
      using _ = holdLog(places.botData);
      await alerting.fire(locked.map(down));
      const refused = () => relay.answers().filter((status) => status === 503).length;
      await until(() => refused() >= 2 * locked.length, {
        what: 'the bot to refuse, and Alertmanager to retry',
      });
      expect(alerting.decisions().size).toBe(0);
      for (const service of locked) expect(await alerting.happened(service)).toEqual([]);
    }
    await endsWell(alerting, locked);
  });

  it(
    'the sweep finds what is sent with a wrong token, and a right one makes it fast again',
    inTurn,
    async () => {
      const { relay } = alerting;
      writeFileSync(alerting.tokenFile, 'neither-the-old-one-nor-the-new-one');
      const before = relay.answers().length;
      await alerting.fire(strange.map(down));
      // Nothing was delivered: what is decided here was found by the sweep alone.
      await alerting.handedOver(strange);
      expect(new Set(relay.answers().slice(before))).toEqual(new Set([401]));
      expect(await alerting.undecided()).toEqual([]);

      writeFileSync(alerting.tokenFile, alerting.right);
      const accepted = () => relay.answers().filter((status) => status === 202).length;
      const was = accepted();
      await alerting.fire(known.map(down));
      const heard = async () => accepted() >= was + known.length && (await alerting.undecided()).length === 0;
      await until(heard, { what: 'the webhook to be heard', withinMs: 15_000 });
      await endsWell(alerting, [...strange, ...known]);
    },
  );
});
