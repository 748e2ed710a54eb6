import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { alertmanagerPart } from '../../scripts/parts/alertmanager.ts';
import { Part } from '../../scripts/stack/part.ts';
import { freePorts } from '../../scripts/stack/ports.ts';
import { until } from '../../scripts/stack/until.ts';
import { besideBot } from '../../services/alert-bot/src/testing/beside.ts';
import { ask } from './support/ask.ts';
import { closed } from './support/bot.ts';
import { type GossipWay, startGossip } from './support/gossip.ts';
import { type Loop, startLoop } from './support/loop.ts';
import { alertmanagerClient } from './support/signals.ts';

const overrides = `
defaults:
  cooldown: 1s
  backoff: { initial: 1s, factor: 1, max: 1s }
  prove: { within: 25s, stable: 2s }
limits: { settle: 1s }
`;

const status = z.object({ cluster: z.object({ peers: z.array(z.unknown()) }) });
const peersOf = async (url: string) => (await ask(`${url}/api/v2/status`, status)).cluster.peers.length;
const known = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) });

/** How often the bot was told by this Alertmanager that the alert fires. */
const toldBy = (url: string): number =>
  besideBot(loop.stack.places.botData, (db) =>
    z.number().parse(
      db
        .prepare(
          `SELECT count(*) FROM deliveries WHERE json_extract(body, '$.externalURL') = ?
           AND json_extract(body, '$.status') = 'firing'
           AND json_extract(body, '$.alerts[0].labels.alertname') = 'HighErrorRate'`,
        )
        .pluck()
        .get(url),
    ),
  );

let gossip: GossipWay;
let loop: Loop;
let second: Part;
let url: string;
beforeAll(async () => {
  const more = await freePorts();
  gossip = await startGossip([more.api, more.payments, more.bot, more.prometheus]);
  const [one, other] = gossip.ends;
  url = `http://127.0.0.1:${more.alertmanager}`;
  loop = await startLoop({ overrides, cluster: { gossip: one, others: [url] } });
  const { places } = loop.stack;
  const own = { ...places, alertmanagerData: join(places.folder, 'alertmanager-2') };
  const spec = await alertmanagerPart(own, more.alertmanager, { ...other, peer: one.advertise });
  second = new Part({ ...spec, name: 'alertmanager-2', logFile: join(places.logs, 'alertmanager-2.log') });
  await second.start();
  await loop.calm();
});
afterAll(async () => {
  await second?.stop();
  await loop?.stop();
  await gossip?.stop();
});

it('G2, G8: two Alertmanagers of a cluster, cut off from each other, and one from the end of the alert: one restart', async () => {
  const { alertmanager: first, prometheus } = loop.stack.addresses;
  const firstAddress = new URL(first).host;
  loop.reload('prometheus', (text) =>
    text.replace(`targets: ['${firstAddress}']`, `targets: ['${firstAddress}', '${new URL(url).host}']`),
  );
  const tells = (many: number) =>
    until(
      async () =>
        (await ask(`${prometheus}/api/v1/alertmanagers`, known)).data.activeAlertmanagers.length === many,
      {
        what: `Prometheus to know ${many}`,
      },
    );
  await tells(2);
  const peers = (many: number) =>
    until(async () => (await peersOf(first)) === many && (await peersOf(url)) === many, {
      what: `${many} peers`,
    });
  await peers(2);
  gossip.cut();
  await peers(1);

  loop.api.use();
  await loop.api.break({ kind: 'errors', rate: 0.9 });
  await until(() => toldBy(first) > 0 && toldBy(url) > 0, { what: 'both to have delivered the alert' });
  // From here on the second one hears of no end.
  loop.reload('prometheus', undefined);
  await tells(1);
  expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'healed' });

  const stale = alertmanagerClient(url);
  const holds = async () =>
    (await stale.alerts()).some(({ labels }) => labels['alertname'] === 'HighErrorRate');
  const told = toldBy(url);
  await until(() => toldBy(url) > told, { what: 'the second one to say that it fires' });
  expect(await holds()).toBe(true);
  await until(async () => !(await holds()), { what: 'the second one to forget it', withinMs: 90_000 });
  expect(await loop.supervisor.happened()).toEqual(['stop restart', 'die', 'start']);
  const incidents = await Promise.all((await loop.bot.incidents()).map(({ id }) => loop.bot.incident(id)));
  expect(incidents.flatMap(({ attempts }) => attempts)).toHaveLength(1);
  // Whatever the second one told since: each incident of it ends by itself, and nobody is woken.
  await until(async () => (await loop.bot.incidents()).every(({ status }) => status === 'closed'), {
    what: 'all of it to end',
  });
  expect(loop.people.heard('RemediationEscalated')).toEqual([]);

  gossip.mend();
  await peers(2);
});
