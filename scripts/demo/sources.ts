import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Stack } from '../stack.ts';
import { askJson, askSocket, instant, readToken } from './ask.ts';
import { type Incident, incidentShape } from './incident.ts';

export const target = 'supervisor:api';
const processName = 'api';

const labels = z.record(z.string(), z.string());
const prometheusAlerts = z.object({
  data: z.object({ alerts: z.array(z.object({ labels, state: z.string(), activeAt: instant })) }),
});
const vector = z.object({
  data: z.object({ result: z.array(z.object({ metric: labels, value: z.tuple([z.number(), z.string()]) })) }),
});
const alertmanagerAlerts = z.array(z.object({ labels, status: z.object({ state: z.string() }) }));
const recordShape = z.object({
  entries: z.array(z.object({ at: instant, name: z.string(), event: z.string() })),
});
export type RecordEntry = z.output<typeof recordShape>['entries'][number];

/** Everything that is asked of the parts while they run. */
export class Sources {
  readonly transactions: string;
  /** Where a person looks, with places that are still there after the run. */
  readonly look: Record<'prometheus' | 'alertmanager' | 'incidents' | 'record', string>;
  private readonly stack: Stack;
  private readonly incidentFile: string;
  /** The last answer about each incident, as it came. */
  private readonly kept = new Map<number, unknown>();

  constructor(stack: Stack) {
    this.stack = stack;
    const { addresses, places } = stack;
    this.transactions = `${addresses.api}/transactions`;
    this.incidentFile = join(places.folder, 'incidents.json');
    this.look = {
      prometheus: `Prometheus ${addresses.prometheus}/alerts, ${places.logs}/prometheus.log`,
      alertmanager: `Alertmanager ${addresses.alertmanager}, ${places.logs}/alertmanager.log`,
      incidents: `incident log ${addresses.bot}/api/v1/incidents, ${this.incidentFile}`,
      record: `supervisor's record ${places.supervisorData}/record.jsonl`,
    };
  }

  /** The alerts that fire now and began to after `since`. */
  async firing(alertname: string, since: number): Promise<{ activeAt: number }[]> {
    const { data } = await askJson(`${this.stack.addresses.prometheus}/api/v1/alerts`, prometheusAlerts);
    return data.alerts.filter(
      (alert) =>
        alert.labels['alertname'] === alertname && alert.state === 'firing' && alert.activeAt >= since,
    );
  }

  /** Whether Prometheus has reached each of these at its last scrape. */
  async areUp(services: readonly string[]): Promise<boolean> {
    const query = encodeURIComponent('up == 1');
    const { data } = await askJson(`${this.stack.addresses.prometheus}/api/v1/query?query=${query}`, vector);
    return services.every((name) => data.result.some(({ metric }) => metric['service'] === name));
  }

  /** Whether Alertmanager holds an alert with all these labels as active. */
  async isActive(wanted: Record<string, string>): Promise<boolean> {
    const alerts = await askJson(`${this.stack.addresses.alertmanager}/api/v2/alerts`, alertmanagerAlerts);
    return alerts.some(
      (alert) =>
        alert.status.state === 'active' &&
        Object.entries(wanted).every(([name, value]) => alert.labels[name] === value),
    );
  }

  /** The incidents of the target after this one, oldest first, each as a whole. */
  async incidents(after: number): Promise<Incident[]> {
    const listed = await this.askBot(`incidents?target=${encodeURIComponent(target)}`, incidentList);
    const ids = listed.incidents.map(({ id }) => id).filter((id) => id > after);
    return Promise.all(
      ids.reverse().map(async (id) => {
        const answer = await this.askBot(`incidents/${id}`, z.unknown());
        this.kept.set(id, answer);
        return incidentShape.parse(answer);
      }),
    );
  }

  async isQuarantined(): Promise<boolean> {
    const { targets } = await this.askBot('targets', targetList);
    return targets.some(({ id, quarantine }) => id === target && quarantine !== null);
  }

  async reset(why: string): Promise<void> {
    await this.askBot(`targets/${encodeURIComponent(target)}/reset`, z.unknown(), { by: 'demo', why });
  }

  async breakApi(fault: { kind: 'errors'; rate: number; sticky: boolean }): Promise<void> {
    await askJson(`${this.stack.addresses.api}/faults`, z.unknown(), {
      token: readToken(this.stack.tokens.faults),
      body: fault,
    });
  }

  /** What really happened to the API's process, from the supervisor itself. */
  async record(): Promise<RecordEntry[]> {
    const { entries } = await askSocket(this.stack.places.supervisorSocket, '/record', recordShape);
    return entries.filter(({ name }) => name === processName);
  }

  async versions(): Promise<{ prometheus: string; alertmanager: string }> {
    const { prometheus, alertmanager } = this.stack.addresses;
    const [one, other] = await Promise.all([
      askJson(`${prometheus}/api/v1/status/buildinfo`, buildInfo),
      askJson(`${alertmanager}/api/v2/status`, alertmanagerStatus),
    ]);
    return { prometheus: one.data.version, alertmanager: other.versionInfo.version };
  }

  /** Writes what was read of the incidents into a file that can be read when the bot is gone. */
  keepIncidents(): string {
    writeFileSync(this.incidentFile, `${JSON.stringify([...this.kept.values()], null, 2)}\n`);
    return this.incidentFile;
  }

  private askBot<T extends z.ZodType>(path: string, shape: T, body?: unknown): Promise<z.output<T>> {
    const token = readToken(this.stack.tokens.admin);
    return askJson(`${this.stack.addresses.bot}/api/v1/${path}`, shape, { token, body });
  }
}

const incidentList = z.object({ incidents: z.array(z.object({ id: z.number() })) });
const targetList = z.object({ targets: z.array(z.object({ id: z.string(), quarantine: z.unknown() })) });
const buildInfo = z.object({ data: z.object({ version: z.string() }) });
const alertmanagerStatus = z.object({ versionInfo: z.object({ version: z.string() }) });

/** Each action starts the process once, whether or not it had to be stopped before, and whether or not that works. */
export function startsIn(record: readonly RecordEntry[]): RecordEntry[] {
  return record.filter(({ event }) => event === 'start' || event === 'start_failed');
}
