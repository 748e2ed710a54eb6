// Long because every order of firing, repeat and resolved has its row.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadPlaybooks } from '../config/playbooks.ts';
import { type Alert, fingerprint, type Labels } from '../domain/alert.ts';
import type { Playbook } from '../domain/playbook.ts';
import { heartbeatAt } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { episodesOf, openEpisodeOf } from '../store/episodes.ts';
import { eventsOf } from '../store/events.ts';
import { changeStatus } from '../store/incidents.ts';
import { again, NOON, openEpisodes, openIncidents, temporaryLog } from '../testing/log.ts';
import { matching, reopen, triageAlert } from './triage.ts';

const FILE = `
defaults:
  mode: act
  cooldown: 2m
  backoff: { initial: 10s, factor: 2, max: 5m }
  budgets: [ { attempts: 3, per: 30m } ]
  quarantine: 1h
  prove: { within: 90s, stable: 15s }
limits: { concurrent: 1, defer_at_most: 15m }
playbooks:
  - name: errors
    matchers: [ 'alertname="HighErrorRate"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: { timeout: 10s, attempts: 3 } }, { escalate: {} } ]
  - name: errors-too
    matchers: [ 'alertname=~"High.*"' ]
    target: { service: 'the-{{ $labels.service }}' }
    steps: [ { restart: {} }, { escalate: {} } ]
`;

function load(text = FILE) {
  const loaded = loadPlaybooks(text, 'playbooks.yml');
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors));
  return loaded.file;
}
const playbooks = (text?: string): readonly Playbook[] => load(text).playbooks;

const context = { ...load(), targetId: (service: string) => `supervisor:${service}` };

const labelled = (labels: Labels, change: Partial<Alert> = {}): Alert => ({
  fingerprint: fingerprint(labels),
  status: 'firing',
  labels,
  annotations: {},
  startsAt: NOON,
  endsAt: null,
  generatorURL: '',
  ...change,
});

const errors = (service = 'api', more: Labels = {}) =>
  labelled({ alertname: 'HighErrorRate', service, severity: 'critical', ...more });
const slow = (service = 'api') => labelled({ alertname: 'HighLatency', service });
const resolved = (alert: Alert): Alert => ({ ...alert, status: 'resolved', endsAt: NOON + 1 });

const triage = (db: Db, alert: Alert, now = NOON) => triageAlert(db, context, alert, 'alertmanager', now);

describe('an alert is', () => {
  test('new: it opens an episode and an incident of the target', () => {
    using log = temporaryLog();
    expect(triage(log.db, errors())).toEqual({
      outcome: 'new',
      fingerprint: errors().fingerprint,
      incident: 1,
    });
    expect(openIncidents(log.db)).toMatchObject([
      {
        status: 'new',
        target: 'supervisor:api',
        service: 'api',
        title: 'HighErrorRate',
        severity: 'critical',
        playbook: 'errors',
        steps: [{ kind: 'restart', timeout: 10_000, attempts: 3 }, { kind: 'escalate' }],
        deadline: NOON + 15 * 60_000,
        nextLookAt: NOON,
      },
    ]);
    expect(openEpisodes(log.db)).toMatchObject([
      { incident: 1, startsAt: NOON, openedAt: NOON, source: 'alertmanager' },
    ]);
    expect(eventsOf(log.db, 1)).toMatchObject([{ kind: 'alert', text: 'HighErrorRate fires' }]);
  });

  test('joined: another alert of the same target', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    expect(triage(log.db, errors('api', { route: '/pay' }))).toMatchObject({
      outcome: 'joined',
      incident: 1,
    });
    expect(openIncidents(log.db)).toHaveLength(1);
    expect(episodesOf(log.db, 1)).toHaveLength(2);
    expect(eventsOf(log.db, 1).at(-1)?.text).toBe('HighErrorRate fires and joins');
  });

  test('new again where the target is another one', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    expect(triage(log.db, errors('payments'))).toMatchObject({ outcome: 'new', incident: 2 });
  });

  test('G2: a duplicate: repeats and the second Alertmanager change nothing but when it was seen', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    const before = eventsOf(log.db, 1);
    for (const later of [1, 2])
      expect(triage(log.db, { ...errors(), startsAt: NOON + later }, NOON + later)).toMatchObject({
        outcome: 'duplicate',
        incident: 1,
      });
    expect(eventsOf(log.db, 1)).toEqual(before);
    expect(episodesOf(log.db, 1)).toMatchObject([{ startsAt: NOON, lastSeenAt: NOON + 2 }]);
  });

  test('G13: one that was sent by hand becomes Alertmanager’s when that has it too: its silences hold', () => {
    using log = temporaryLog();
    triageAlert(log.db, context, errors(), 'manual', NOON);
    expect(triage(log.db, errors()).outcome).toBe('duplicate');
    expect(openEpisodes(log.db)).toMatchObject([{ source: 'alertmanager' }]);
  });

  test('resolved: it closes its episode, and leaves the incident to the engine', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    expect(triage(log.db, resolved(errors()), NOON + 5)).toMatchObject({ outcome: 'resolved', incident: 1 });
    expect(episodesOf(log.db, 1)).toMatchObject([{ closedAt: NOON + 5, closedBy: 'resolved' }]);
    expect(again(log.db, 1).status).toBe('new');
    expect(eventsOf(log.db, 1).at(-1)?.text).toBe('HighErrorRate ended: resolved');
  });

  test('late: resolved before any firing, or a second time', () => {
    using log = temporaryLog();
    expect(triage(log.db, resolved(errors()))).toEqual({
      outcome: 'late',
      fingerprint: errors().fingerprint,
    });
    expect(openIncidents(log.db)).toEqual([]);
    triage(log.db, errors());
    triage(log.db, resolved(errors()));
    expect(triage(log.db, resolved(errors()))).toMatchObject({ outcome: 'late' });
  });

  test('G14: the heartbeat: counted whenever it comes, never an incident', () => {
    using log = temporaryLog();
    const watchdog = labelled({ alertname: 'Watchdog' });
    for (const at of [NOON, NOON + 60_000]) {
      expect(triage(log.db, watchdog, at)).toMatchObject({ outcome: 'heartbeat' });
      expect(heartbeatAt(log.db)).toBe(at);
    }
    // Its end is not a beat.
    expect(triage(log.db, resolved(watchdog), NOON + 90_000)).toMatchObject({ outcome: 'heartbeat' });
    expect(heartbeatAt(log.db)).toBe(NOON + 60_000);
    expect(openIncidents(log.db)).toEqual([]);
  });

  test('G14: our own: never matched, whatever else it says', () => {
    using log = temporaryLog();
    expect(triage(log.db, errors('api', { origin: 'alert-bot' }))).toMatchObject({ outcome: 'own' });
    expect(openEpisodes(log.db)).toEqual([]);
  });
});

describe('episodes', () => {
  test('firing, resolved, firing again with the same startsAt is a second one', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    triage(log.db, resolved(errors()), NOON + 1);
    // The incident is not over yet: the trouble joins it.
    expect(triage(log.db, errors(), NOON + 2)).toMatchObject({ outcome: 'joined', incident: 1 });
    expect(episodesOf(log.db, 1)).toMatchObject([
      { startsAt: NOON, openedAt: NOON, closedAt: NOON + 1 },
      { startsAt: NOON, openedAt: NOON + 2, closedAt: null },
    ]);
  });

  test('after the incident is closed, firing again opens another incident', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    triage(log.db, resolved(errors()), NOON + 1);
    changeStatus(log.db, again(log.db, 1), 'closed', { outcome: 'recovered' }, NOON + 2);
    expect(triage(log.db, errors(), NOON + 3)).toMatchObject({ outcome: 'new', incident: 2 });
  });

  test('of a person’s own incident join it silently', () => {
    using log = temporaryLog();
    triage(log.db, errors());
    changeStatus(log.db, again(log.db, 1), 'escalated', {}, NOON);
    expect(triage(log.db, errors('api', { route: '/pay' }))).toMatchObject({
      outcome: 'joined',
      incident: 1,
    });
    expect(again(log.db, 1).status).toBe('escalated');
  });

  test('whose incident was dismissed move to a new one when the answer changes', () => {
    using log = temporaryLog();
    const unknown = labelled({ alertname: 'Unknown', service: 'api' });
    triage(log.db, unknown);
    changeStatus(log.db, again(log.db, 1), 'closed', { outcome: 'dismissed' }, NOON);
    const [episode] = openEpisodes(log.db);
    if (episode === undefined) throw new Error('no episode is open');
    const wider = playbooks(FILE.replace('High.*', '.*'));
    expect(reopen(log.db, { ...context, playbooks: wider }, episode, NOON + 1)).toBe(2);
    expect(openEpisodeOf(log.db, unknown.fingerprint)).toMatchObject({ incident: 2 });
    expect(again(log.db, 2)).toMatchObject({ playbook: 'errors-too', target: 'supervisor:the-api' });
  });
});

describe('playbooks', () => {
  test('the first that matches wins', () => {
    expect(matching(context, errors())?.name).toBe('errors');
    expect(matching(context, slow())?.name).toBe('errors-too');
    const swapped = { playbooks: context.playbooks.toReversed() };
    expect(matching(swapped, errors())?.name).toBe('errors-too');
    expect(matching(context, labelled({ alertname: 'Unknown' }))).toBeUndefined();
  });

  test('none: an incident without a target, that nothing waits for', () => {
    using log = temporaryLog();
    triage(log.db, labelled({ job: 'x', instance: 'y' }));
    expect(again(log.db, 1)).toMatchObject({
      playbook: null,
      target: null,
      service: null,
      steps: [],
      title: 'x y',
      severity: 'none',
      deadline: NOON,
    });
  });

  test.each([
    ['missing', { alertname: 'HighErrorRate' }],
    ['empty', { alertname: 'HighErrorRate', service: '' }],
  ])('G5: where the label that names the target is %s there is none, never "all"', (_, labels) => {
    using log = temporaryLog();
    expect(triage(log.db, labelled(labels))).toMatchObject({ outcome: 'new' });
    expect(again(log.db, 1)).toMatchObject({ playbook: 'errors', target: null, service: null });
    // And two of them are two incidents: nothing says that they are one trouble.
    expect(triage(log.db, labelled({ ...labels, route: '/pay' }))).toMatchObject({
      outcome: 'new',
      incident: 2,
    });
  });

  test('two of them with the same target share its incident', () => {
    using log = temporaryLog();
    triage(log.db, slow('x'));
    expect(triage(log.db, errors('the-x'))).toMatchObject({ outcome: 'joined', incident: 1 });
  });
});

describe('whatever the order', () => {
  const alerts = [
    errors('a'),
    errors('a', { route: '/1' }),
    errors('b'),
    slow('c'),
    labelled({ alertname: 'X' }),
  ];
  /** What is open at the end, by fingerprint and target. */
  const run = (db: Db, deliveries: readonly Alert[]) =>
    undone(db, () => {
      deliveries.forEach((alert, i) => void triage(db, alert, NOON + i));
      return openEpisodes(db)
        .map((one) => `${one.fingerprint} ${again(db, one.incident).target}`)
        .toSorted();
    });

  // A fingerprint's own firing and resolved cannot be swapped: a resolved that overtakes its firing leaves
  // an open episode, and the reading of Alertmanager before any action, and the sweep, make that right.
  const histories = fc.tuple(
    ...alerts.map((alert) =>
      fc
        .array(fc.boolean(), { maxLength: 4 })
        .map((states) => states.map((fires) => (fires ? alert : resolved(alert)))),
    ),
  );

  test('in which different alerts arrive, the same episodes are open', () => {
    using log = temporaryLog();
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (perAlert, picks) => {
        const queues = perAlert.map((history) => [...history]);
        const mixed: Alert[] = [];
        for (;;) {
          const waiting = queues.filter((queue) => queue.length > 0);
          const { value: pick } = picks.next();
          const next = waiting[Number(pick) % waiting.length]?.shift();
          if (next === undefined) break;
          mixed.push(next);
        }
        expect(run(log.db, mixed)).toEqual(run(log.db, perAlert.flat()));
      }),
      { numRuns: 100 },
    );
  });

  test('and however often it repeats, one episode and one open incident a target', () => {
    using log = temporaryLog();
    fc.assert(
      fc.property(fc.shuffledSubarray([...alerts, ...alerts, ...alerts]), (firing) => {
        undone(log.db, () => {
          for (const alert of firing) triage(log.db, alert);
          const distinct = new Set(firing.map((alert) => alert.fingerprint));
          expect(openEpisodes(log.db)).toHaveLength(distinct.size);
          const targets = openIncidents(log.db).flatMap(({ target }) => target ?? []);
          expect(new Set(targets).size).toBe(targets.length);
        });
      }),
      { numRuns: 100 },
    );
  });
});

/** Inside a transaction, as triage always is, and rolled back after it: a log for each run takes seconds. */
function undone<T>(db: Db, run: () => T): T {
  db.exec('BEGIN');
  try {
    return run();
  } finally {
    db.exec('ROLLBACK');
  }
}
