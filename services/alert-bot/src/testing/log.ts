// For the tests only: a real incident log in a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import { type Attempt, reserveAttempt } from '../store/attempts.ts';
import { type Db, openLog } from '../store/db.ts';
import type { Delivery } from '../store/deliveries.ts';
import { openIncidentsAfter } from '../store/due.ts';
import { type Episode, openEpisodeById, openEpisodeIds } from '../store/episodes.ts';
import { type Incident, incidentById, type NewIncident, openIncident } from '../store/incidents.ts';

export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'alert-bot-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestLog extends Disposable {
  db: Db;
  boot: number;
  /** The data folder. */
  folder: string;
}

export function temporaryLog(): TestLog {
  const folder = temporaryFolder();
  const { db, boot, close } = openLog(folder.path);
  return {
    db,
    boot,
    folder: folder.path,
    [Symbol.dispose]() {
      close();
      folder[Symbol.dispose]();
    },
  };
}

/** A time in the tests; nothing in the store looks at the clock. */
export const NOON: Instant = Date.UTC(2026, 0, 31, 12);

export function anIncident(db: Db, change: Partial<NewIncident> = {}, now = NOON): Incident {
  const id = openIncident(
    db,
    {
      target: 'supervisor:api',
      service: 'api',
      title: 'HighErrorRate',
      severity: 'critical',
      playbook: 'restart-on-errors',
      steps: [{ kind: 'restart', timeout: 10_000, attempts: 3 }, { kind: 'escalate' }],
      deadline: now + 900_000,
      ...change,
    },
    now,
  );
  return again(db, id);
}

/** An attempt on the target of an incident, reserved and open. */
export const anAttempt = (db: Db, { id: incident, target }: Incident, now = NOON): Attempt =>
  reserveAttempt(
    db,
    {
      incident,
      target: target ?? '',
      step: 0,
      reason: 'first_attempt',
      boot: 1,
      grace: 1_000,
      circuitBefore: { open: false, until: null, times: 0 },
    },
    now,
  );

/** The incident as the log has it now. */
export function again(db: Db, id: number): Incident {
  const incident = incidentById(db, id);
  if (incident === undefined) throw new Error(`there is no incident ${id}`);
  return incident;
}

export const aDelivery = (id: string, change: Partial<Delivery> = {}): Delivery => ({
  id,
  receivedAt: NOON,
  source: 'manual',
  groupKey: null,
  body: '{"alerts":[]}',
  ...change,
});

export const anAlert = (change: Partial<Alert> = {}): Alert => ({
  fingerprint: '00000000000000aa',
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'api', severity: 'critical' },
  annotations: {},
  startsAt: NOON,
  endsAt: null,
  generatorURL: '',
  ...change,
});

/** What is open, oldest first, with all that it says. The product reads ids, and an incident when it has its turn. */
export const openIncidents = (db: Db): Incident[] =>
  openIncidentsAfter(db, 0, 10_000).flatMap((id) => incidentById(db, id) ?? []);
export const openEpisodes = (db: Db): Episode[] =>
  openEpisodeIds(db).flatMap((id) => openEpisodeById(db, id) ?? []);
