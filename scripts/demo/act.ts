import { actionsAt, deliveredAt, type Incident, tell } from './incident.ts';
import { alertname } from './playbooks.ts';
import type { Prober } from './prober.ts';
import { firstServerError } from './request-log.ts';
import type { Screen } from './screen.ts';
import type { RecordEntry, Sources } from './sources.ts';
import { Instead, type Stages } from './stage.ts';

/** What both acts work with. */
export type Run = {
  sources: Sources;
  prober: Prober;
  screen: Screen;
  stages: Stages;
  fault: 'errors' | 'none';
  budget: number;
};

/** How long each may take before it counts as not happening: several times what it takes. */
const within = { firing: 20_000, delivered: 15_000 };

/** One act: what was seen of it so far, and the stages that both begin with. */
export class Act {
  beganAt = Date.now();
  endedAt: number | undefined;
  /** When Prometheus says that the alert began to fire. Its rule has no `for`, so it never was pending. */
  firingAt: number | undefined;
  incidents: Incident[] = [];
  /** What the supervisor has recorded of the API since the act began. */
  record: RecordEntry[] = [];
  readonly run: Run;
  private readonly before: { incident: number; recorded: number };
  private told = new Map<number, number>();
  private toldFailure = false;

  private constructor(run: Run, before: { incident: number; recorded: number }) {
    this.run = run;
    this.before = before;
  }

  static async begin(run: Run, number: 1 | 2, title: string): Promise<Act> {
    run.stages.act = number;
    run.screen.text(`\nact ${number}  ${title}`);
    const incidents = await run.sources.incidents(0);
    const before = { incident: incidents.at(-1)?.id ?? 0, recorded: (await run.sources.record()).length };
    return new Act(run, before);
  }

  /** Reads the bot's log and the supervisor's record once more, and tells what is new. */
  async look(): Promise<Incident[]> {
    const { sources } = this.run;
    const [incidents, record] = await Promise.all([
      sources.incidents(this.before.incident),
      sources.record(),
    ]);
    this.incidents = incidents;
    this.record = record.slice(this.before.recorded);
    for (const { id, timeline } of incidents) {
      for (const row of timeline.slice(this.told.get(id) ?? 0)) {
        const text = tell(row);
        if (text !== undefined) this.line(row.at, 'bot', text);
      }
      this.told.set(id, timeline.length);
    }
    return incidents;
  }

  line(at: number, seenBy: string, what: string): void {
    this.run.screen.line(at - this.beganAt, seenBy, what);
  }

  private tellFailure(): void {
    const failure = firstServerError(this.run.prober.probes, this.beganAt);
    if (!failure || this.toldFailure) return;
    this.toldFailure = true;
    this.line(failure.answeredAt, 'prober', `first failed request (${failure.result})`);
  }

  async breakApi(sticky: boolean): Promise<void> {
    const fault = { kind: 'errors', rate: 1, sticky } as const;
    this.beganAt = Date.now();
    if (this.run.fault === 'none') return this.line(this.beganAt, 'demo', 'breaks nothing (--fault none)');
    this.line(this.beganAt, 'demo', `POST /faults ${JSON.stringify(fault)}`);
    await this.run.sources.breakApi(fault);
  }

  async alertFires(): Promise<void> {
    const { sources, stages, prober } = this.run;
    const { activeAt } = await stages.reach({
      name: 'firing',
      awaited: `${alertname} to fire`,
      withinMs: within.firing,
      ask: async () => {
        this.tellFailure();
        return (await sources.firing(alertname, this.beganAt))[0];
      },
      missed: () => {
        const failed = prober.probes.filter(({ sentAt, good }) => sentAt >= this.beganAt && !good).length;
        return `the alert ${alertname} did not fire, with ${failed || 'no'} failed requests of the prober,`;
      },
      look: `Prometheus ${sources.places.prometheusAlerts}; ${prober.file}`,
    });
    this.firingAt = activeAt;
    this.line(activeAt, 'Prometheus', `${alertname} fires`);
  }

  async delivered(): Promise<void> {
    const { sources, stages } = this.run;
    await stages.reach({
      name: 'delivered',
      awaited: 'the alert to reach the bot',
      withinMs: within.delivered,
      ask: async () => deliveredAt(await this.look(), alertname),
      missed: () => `the alert ${alertname} fires but was not delivered to the bot`,
      look: `Alertmanager ${sources.places.alertmanagerAlerts}; incident log ${sources.places.incidents}`,
    });
  }

  /** How often the bot acted, which the supervisor must have seen just as often. */
  actions(expected: number): void {
    const { stages, sources } = this.run;
    const look = `incident log ${sources.places.incidents}; supervisor's record ${sources.places.record}`;
    const logged = actionsAt(this.incidents).length;
    const recorded = startsIn(this.record).length;
    if (logged !== recorded)
      throw stages.failure(
        'actions',
        `the bot logged ${logged} restarts, the supervisor saw ${recorded}`,
        look,
      );
    if (logged !== expected)
      throw stages.failure('actions', `there were ${logged} restarts instead of ${expected}`, look);
  }

  /** What ended the incident otherwise than hoped, with the bot's own reason. */
  unless(incident: Incident | undefined, hoped: string): Instead | undefined {
    if (incident === undefined) return undefined;
    const ending = incident.outcome ?? (incident.status === 'escalated' ? 'escalated' : undefined);
    if (ending === undefined || ending === hoped) return undefined;
    const decision = incident.decisions.at(-1);
    const why = incident.reason ?? decision?.reason ?? 'no reason';
    const explanation = incident.explanation ?? decision?.explanation ?? '';
    return new Instead(`${why}: ${explanation} (the incident is ${ending})`);
  }
}

/** Each action starts the process once, whether or not it had to be stopped before, and whether or not that works. */
export function startsIn(record: readonly RecordEntry[]): RecordEntry[] {
  return record.filter(({ event }) => event === 'start' || event === 'start_failed');
}
