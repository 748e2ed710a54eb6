import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../../scripts/stack/until.ts';
import { besideBot } from '../../services/alert-bot/src/testing/beside.ts';
import { quantileOf } from '../support/load.ts';
import { type Alerting, startAlerting } from './support/alerting.ts';
import { answerTimes } from './support/answer-times.ts';

const OPEN = ['open-1', 'open-2', 'open-3'];
const CLOSED = ['closed-1', 'closed-2', 'closed-3', 'closed-4', 'closed-5'];
/** What one notification holds of them at most, where it is cut off. */
const AT_MOST = 100;
/** The health check of docker-compose.yml: so many answers in a row that take so long, and the bot counts as unhealthy. */
const UNHEALTHY = { after: 3, ms: 3_000 };

/** As of a fleet whose every instance fails: 400 of each service that may be restarted, 160 of each that may not. */
const alerts = [
  ...OPEN.flatMap((service) => fails(service, 400)),
  ...CLOSED.flatMap((service) => fails(service, 160)),
];

function fails(service: string, instances: number) {
  const labels = { alertname: 'HighErrorRate', service, severity: 'critical', remediation: 'auto' };
  return Array.from({ length: instances }, (_, i) => ({ ...labels, instance: `${service}:${i}` }));
}

/** All that the bot may remediate as one group, of which a notification holds only some. */
function oneGroup(shipped: string): string {
  return shipped
    .replace(/(remediation="auto"'\]\n +group_by: )\['\.\.\.'\](?=\n +group_wait: 0s)/, '$1[alertname]')
    .replace(/^( +)send_resolved: true$/m, `$&\n$1max_alerts: ${AT_MOST}`);
}

const ways = [
  {
    way: 'in one group, cut off by max_alerts: the sweep finds the rest',
    routes: oneGroup,
    isCutOff: true,
    factor: 5,
  },
  {
    way: 'each a webhook of its own, as shipped',
    routes: (shipped: string) => shipped,
    isCutOff: false,
    // Repeats each minute, as shipped too: 2,000 in twelve seconds is another machine's load.
    factor: 1,
  },
];

describe.each(ways)('G2: 2,000 alerts at once, $way', ({ routes, isCutOff, factor }) => {
  it('each is decided about, each target acted on once, and the bot goes on to answer', async ({
    annotate,
  }) => {
    // Limits as shipped, the storm's among them: eight targets are in trouble.
    const overrides = 'defaults: { prove: { within: 4s, stable: 1s } }';
    const alerting = await startAlerting({ services: OPEN, closed: CLOSED, overrides, routes, factor });
    const watch = answerTimes(`${alerting.addresses.bot}/healthz`);
    try {
      const began = performance.now();
      await alerting.fire(alerts);
      expect(await alerting.firing()).toHaveLength(alerts.length);
      const all = async () => {
        const left = await alerting.undecided();
        if (left.length > 0) throw new Error(`${left.length} are not decided about`);
        return true;
      };
      await until(all, { what: 'every alert to be decided about', withinMs: 90_000, everyMs: 500 });
      const tookMs = performance.now() - began;
      await alerting.handedOver(OPEN);
      // Where they come soon, a round of repeats: nothing new comes of them.
      const enough = isCutOff ? alerting.relay.answers().length + 1 : alerts.length;
      await until(() => alerting.relay.answers().length >= enough, { what: 'repeats' });
      const last = lastDelivery(alerting);
      await until(() => pending(alerting, last) === 0, { what: 'all of it to be triaged', withinMs: 90_000 });
      const times = await watch.end();

      expect(cutOff(alerting)).toEqual(isCutOff ? { alerts: AT_MOST } : undefined);
      expect(new Set(alerting.relay.answers())).toEqual(new Set([202]));
      for (const service of OPEN) expect(await alerting.happened(service)).toEqual(['stop', 'die', 'start']);
      for (const service of CLOSED) expect(await alerting.happened(service)).toEqual([]);
      expect(await alerting.undecided()).toEqual([]);
      const skipped = [...alerting.decisions().values()].filter(({ reason }) => reason === 'not_opted_in');
      expect(skipped).toHaveLength(5 * 160);
      expect(episodes(alerting)).toEqual({ all: alerts.length, different: alerts.length });
      const targets = OPEN.map((service) => `supervisor:${service}`);
      const incidents = (await alerting.client.incidents()).filter(({ status }) => status !== 'closed');
      expect(incidents.map(({ target }) => target).toSorted()).toEqual(targets);
      const median = quantileOf(
        times.toSorted((a, b) => a - b),
        0.5,
      );
      const figures = `decided after ${Math.round(tookMs)} ms; /healthz: median ${Math.round(median)} ms, slowest ${Math.round(Math.max(...times))} ms`;
      await annotate(figures);
      const isSlow = times.map((ms) => ms > UNHEALTHY.ms);
      const inARow = isSlow.some(
        (_, i) => isSlow.slice(i, i + UNHEALTHY.after).filter(Boolean).length === UNHEALTHY.after,
      );
      expect(inARow, figures).toBe(false);
      expect(median, figures).toBeLessThan(1_000);
    } finally {
      // What the health check found is told, and all is ended all the same.
      await watch.end().finally(() => alerting.stop());
    }
  });
});

const inLog = <T extends z.ZodType>({ places }: Alerting, question: string, shape: T): z.output<T> =>
  besideBot(places.botData, (db) => shape.parse(db.prepare(question).get()));

const count = z.object({ count: z.number() });

const lastDelivery = (alerting: Alerting): number =>
  inLog(alerting, 'SELECT max(rowid) AS count FROM deliveries', count).count;

/** Of the deliveries up to one: more may come, as Alertmanager repeats each. */
const pending = (alerting: Alerting, last: number): number =>
  inLog(
    alerting,
    `SELECT count(*) AS count FROM deliveries WHERE state = 'pending' AND rowid <= ${last}`,
    count,
  ).count;

const episodes = (alerting: Alerting) =>
  inLog(
    alerting,
    'SELECT count(*) AS "all", count(DISTINCT fingerprint) AS different FROM episodes',
    z.object({ all: z.number(), different: z.number() }),
  );

/** The last delivery of which Alertmanager says that it left alerts out. */
const cutOff = (alerting: Alerting) =>
  inLog(
    alerting,
    `SELECT json_array_length(body, '$.alerts') AS alerts FROM deliveries
     WHERE json_extract(body, '$.truncatedAlerts') > 0 ORDER BY id DESC LIMIT 1`,
    z.object({ alerts: z.number() }).optional(),
  );
