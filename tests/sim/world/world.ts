import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { PlaybookFile } from '../../../services/alert-bot/src/domain/playbook.ts';
import type { Payload } from '../../../services/alert-bot/src/intake/payload.ts';
import type { Plan } from '../plan.ts';
import { createAlertmanager } from './alertmanager.ts';
import type { Post } from './dispatch.ts';
import { createGround } from './ground.ts';
import { createHost } from './host.ts';
import { createObserver } from './observer.ts';
import { createPlatform } from './platform.ts';
import { createPrometheus } from './prometheus.ts';

/** What was acknowledged of a delivery. */
export interface Acknowledged {
  at: Millis;
  source: 'alertmanager' | 'manual';
  fingerprint: string;
  status: 'firing' | 'resolved';
  labels: Readonly<Record<string, string>>;
}

/** What people were told was done. */
export interface Orders {
  pauses: { from: Millis; until: Millis; scope: string }[];
  resets: { at: Millis; target: string }[];
  approvals: { at: Millis; service: string; instances: ReadonlyMap<string, number | null> }[];
  /** What a person said no to stays a person's. */
  rejections: { at: Millis; service: string }[];
  clockSteps: Millis[];
}

/** What the oracle may read: what went into the bot and came out of it, and what is true. */
export interface Notes extends Orders {
  acknowledged: Acknowledged[];
  policies: { at: Millis; file: PlaybookFile }[];
  failures: { at: Millis; where: string; error: unknown }[];
  /** When a process began and when it ended. */
  boots: Millis[];
  ends: Millis[];
}

export type World = ReturnType<typeof createWorld>;

/** The simulated world of one run: host, engine, Prometheus, Alertmanager, and what is written down of it. */
export function createWorld(plan: Plan, post: Post, traceAll: boolean) {
  const ground = createGround(plan, traceAll);
  const host = createHost(ground);
  const alertmanager = createAlertmanager(ground, post);
  const prometheus = createPrometheus(ground, host, alertmanager);
  const observer = createObserver(ground, host, alertmanager);
  alertmanager.tell(observer.sawAlert);
  const platform = createPlatform(ground, host, observer);
  const [first] = plan.policies;
  if (first === undefined) throw new Error('a plan has a playbook file');
  const notes: Notes = {
    pauses: [],
    resets: [],
    approvals: [],
    rejections: [],
    clockSteps: [],
    acknowledged: [],
    policies: [{ at: 0, file: first }],
    failures: [],
    boots: [],
    ends: [],
  };
  return {
    ground,
    host,
    platform,
    alertmanager,
    prometheus,
    observer,
    notes,
    playbooks: (): PlaybookFile => notes.policies.at(-1)?.file ?? first,
    acknowledged({ alerts, source }: Payload): void {
      for (const { alert } of alerts) {
        observer.sawAlert(alert.labels);
        notes.acknowledged.push({
          at: ground.time.now(),
          source,
          fingerprint: alert.fingerprint,
          status: alert.status,
          labels: alert.labels,
        });
      }
    },
  };
}
