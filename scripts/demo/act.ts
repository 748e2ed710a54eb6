import { type Incident, tell } from './incident.ts';
import type { Prober } from './prober.ts';
import { firstServerError } from './request-log.ts';
import type { Screen } from './screen.ts';
import type { RecordEntry, Sources } from './sources.ts';
import type { Stages } from './stage.ts';

/** What both acts work with. */
export type Run = {
  sources: Sources;
  prober: Prober;
  screen: Screen;
  stages: Stages;
  fault: 'errors' | 'none';
  budget: number;
};

/** One act: everything that was seen of it so far, told as soon as it is seen. */
export class Act {
  /** When the API was broken; the timeline counts from here. */
  beganAt = Date.now();
  endedAt: number | undefined;
  /** When Prometheus says that the alert began to fire. Its rule has no `for`, so it never was pending. */
  firingAt: number | undefined;
  incidents: Incident[] = [];
  /** What the supervisor has recorded of the API since the act began. */
  record: RecordEntry[] = [];
  readonly run: Run;
  private readonly before: { incident: number; recorded: number };
  private readonly rowsTold = new Map<number, number>();
  private failureTold = false;

  private constructor(run: Run, before: { incident: number; recorded: number }) {
    this.run = run;
    this.before = before;
  }

  static async begin(run: Run, number: 1 | 2, title: string): Promise<Act> {
    run.stages.act = number;
    run.screen.text(`\nact ${number}  ${title}`);
    const [incidents, record] = await Promise.all([run.sources.incidents(0), run.sources.record()]);
    return new Act(run, { incident: incidents.at(-1)?.id ?? 0, recorded: record.length });
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
      for (const row of timeline.slice(this.rowsTold.get(id) ?? 0)) {
        const text = tell(row);
        if (text !== undefined) this.line(row.at, 'bot', text);
      }
      this.rowsTold.set(id, timeline.length);
    }
    return incidents;
  }

  tellFirstFailure(): void {
    const failure = firstServerError(this.run.prober.probes, this.beganAt);
    if (!failure || this.failureTold) return;
    this.failureTold = true;
    this.line(failure.answeredAt, 'prober', `first failed request (${failure.result})`);
  }

  line(at: number, seenBy: string, what: string): void {
    this.run.screen.line(at - this.beganAt, seenBy, what);
  }
}
