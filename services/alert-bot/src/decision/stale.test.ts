import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deps } from '../deps.ts';
import type { Outcome } from '../domain/incident.ts';
import type { Playbook } from '../domain/playbook.ts';
import type { AlertingRule, CurrentAlert } from '../domain/signals.ts';
import type { Target } from '../domain/target.ts';
import { createEvents } from '../observe/events.ts';
import { createMetrics, NO_INCIDENTS } from '../observe/metrics.ts';
import { openEpisode } from '../store/episodes.ts';
import { changeStatus, incidentById } from '../store/incidents.ts';
import {
  again,
  anAlert,
  anIncident,
  NOON,
  openEpisodes,
  type TestLog,
  temporaryLog,
} from '../testing/log.ts';
import { silent } from '../testing/silent.ts';
import { endEpisode } from '../triage/triage.ts';
import { askOutside } from './facts.ts';

const alert = anAlert();
const target: Target = {
  id: 'supervisor:api',
  service: 'api',
  labels: {},
  instances: [],
  dependsOn: [],
  protectedBecause: null,
};
const rule: AlertingRule = {
  name: 'HighErrorRate',
  query: 'up == 0',
  holds: 0,
  keepFiringFor: 0,
  interval: 5_000,
  lastEvaluation: NOON,
  healthy: true,
  alerts: [],
  range: 0,
};

let log: TestLog;
beforeAll(() => {
  log = temporaryLog();
});
afterAll(() => log[Symbol.dispose]());

/** A bot to whom one peer of Alertmanager still has the alert, and Prometheus says what it is told to. */
function depsWith(alerts: AlertingRule['alerts']): Deps {
  const current: CurrentAlert = { ...alert, state: 'active', suppressedBy: [] };
  const metrics = createMetrics({
    incidents: () => NO_INCIDENTS,
    pendingDeliveries: () => 0,
    heartbeatAt: () => 0,
    paused: () => false,
  });
  const never = () => Promise.reject(new Error('not asked'));
  return {
    db: log.db,
    boot: log.boot,
    now: () => NOON,
    monotonic: () => 0,
    sleep: never,
    breathe: async () => {},
    clockJump: () => null,
    behind: () => 0,
    newFrom: () => NOON,
    platform: {
      name: 'test',
      targetId: (service) => `supervisor:${service}`,
      find: async () => [target],
      list: async () => [target],
      inspect: async () => target,
      act: never,
      logs: never,
    },
    alertmanager: {
      read: async () => ({
        at: NOON,
        alerts: new Map([[alert.fingerprint, current]]),
        uptime: 3_600_000,
        failures: [],
      }),
      send: never,
    },
    prometheus: { rules: async () => [{ ...rule, alerts }], value: never, series: never, samples: never },
    playbooks: () => ({ playbooks: [] as Playbook[], limits: LIMITS, maintenance: [], text: '' }),
    events: createEvents(silent, metrics),
    wake: () => {},
    stopping: new AbortController().signal,
  };
}
const LIMITS = {
  concurrent: 1,
  targets: { count: 1, percent: 100, per: 1_000 },
  storm: { incidents: 10, per: 1_000, calm: 1_000 },
};

/** The incident before ended so, `resolved` having come before its proof; then the alert was delivered once more. */
function afterOneThatEnded(outcome: Outcome) {
  const first = anIncident(log.db);
  openEpisode(log.db, alert, 'alertmanager', first.id, NOON);
  for (const episode of openEpisodes(log.db)) endEpisode(log.db, episode, 'resolved', NOON);
  changeStatus(log.db, again(log.db, first.id), 'closed', { outcome }, NOON);
  const second = anIncident(log.db);
  openEpisode(log.db, alert, 'alertmanager', second.id, NOON);
  return second;
}

function end(id: number): void {
  for (const episode of openEpisodes(log.db)) endEpisode(log.db, episode, 'resolved', NOON);
  const incident = incidentById(log.db, id);
  if (incident !== undefined) changeStatus(log.db, incident, 'closed', { outcome: 'handed_over' }, NOON);
}

test.each([
  ['healed', [], 'absent'],
  ['recovered', [], 'absent'],
  // Prometheus says that it fires again.
  ['healed', [{ labels: alert.labels, state: 'firing' }], 'firing'],
  // Nothing was proven.
  ['handed_over', [], 'firing'],
] as const)(
  'G8: a peer that still has the alert of an incident that was %s, and Prometheus %j: %s',
  async (outcome, alerts, state) => {
    const incident = afterOneThatEnded(outcome);
    const outside = await askOutside(depsWith(alerts), incident);
    expect(outside.alert.state).toBe(state);
    end(incident.id);
  },
);
