import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type BotOptions, botPart } from '../../../scripts/parts/bot.ts';
import { Part, type PartSpec } from '../../../scripts/stack/part.ts';
import { makePlaces, type Places } from '../../../scripts/stack/places.ts';
import { freePorts, type Ports } from '../../../scripts/stack/ports.ts';
import { until } from '../../../scripts/stack/until.ts';
import { tool } from '../../../scripts/tools.ts';
import { type Db, logFile, openLog } from '../../../services/alert-bot/src/store/db.ts';
import { decisionsOf } from '../../../services/alert-bot/src/store/decisions.ts';
import { outcomesOf } from '../../../services/alert-bot/src/store/deliveries.ts';
import { temporaryFolder } from '../../../services/supervisor/src/harness.ts';

const accepted = z.object({ delivery: z.string() });

export interface LoneBotOptions extends Pick<BotOptions, 'env' | 'playbooks' | 'overrides'> {
  /** Of the supervisor that it heals. */
  supervisor: string;
  /** Its data folder, where that is to be on a file system of its own. */
  data?: string;
}

/** A bot with a data folder of its own. Alertmanager and Prometheus are away, which is a legal state. */
export class LoneBot implements AsyncDisposable {
  private readonly folder = temporaryFolder();
  readonly places: Places;
  readonly ports: Ports;
  private readonly options: BotOptions;
  readonly log: string;
  part: Part;
  private sent = 0;

  constructor(ports: Ports, { supervisor, data, ...options }: LoneBotOptions) {
    const places = makePlaces(this.folder.path);
    this.places = { ...places, supervisorSocket: supervisor, botData: data ?? places.botData };
    this.ports = ports;
    this.options = options;
    this.log = logFile(this.places.botData);
    this.part = this.plain();
  }

  static async make(options: LoneBotOptions): Promise<LoneBot> {
    return new LoneBot(await freePorts(), options);
  }

  private spec(): PartSpec {
    return botPart(this.places, this.ports, this.options);
  }

  private plain(): Part {
    return new Part(this.spec());
  }

  /** Starts it, below strace with these arguments where there are any. @returns where strace writes */
  async start(args: readonly string[] = []): Promise<string> {
    const trace = join(this.folder.path, 'trace');
    if (args.length === 0) this.part = this.plain();
    else {
      const spec = this.spec();
      const strace = await tool('strace');
      rmSync(trace, { force: true });
      this.part = new Part({
        ...spec,
        command: strace.path,
        // -D: strace is below the bot and not the other way round, so that signals reach the bot.
        args: ['-D', '-f', '-tt', '-o', trace, ...args, spec.command, ...spec.args],
        env: { ...spec.env, ...strace.env },
      });
    }
    await this.part.start();
    return trace;
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.bot}`;
  }

  get(path: string): Promise<Response> {
    return fetch(this.url + path, { signal: AbortSignal.timeout(10_000) });
  }

  /** A gauge or counter, as it is now; NaN where there is none of that name and these labels. */
  async metric(series: string): Promise<number> {
    const lines = (await (await this.get('/metrics')).text()).split('\n');
    return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length) ?? Number.NaN);
  }

  /** @returns the status, and the delivery's id where it is 202 */
  async send(alert: object): Promise<{ status: number; id: string }> {
    const response = await fetch(`${this.url}/webhook`, {
      method: 'POST',
      headers: this.headers(),
      body: JSON.stringify(alert),
      signal: AbortSignal.timeout(20_000),
    });
    const body: unknown = await response.json();
    return { status: response.status, id: response.status === 202 ? accepted.parse(body).delivery : '' };
  }

  /** One alert that was never sent before. */
  post(): Promise<{ status: number; id: string }> {
    this.sent += 1;
    // Two ways through the bot: no playbook (skip), and a target that does not exist (escalate).
    const labels =
      this.sent % 2 === 0
        ? { alertname: 'Durability', number: `${this.sent}` }
        : { alertname: 'HighErrorRate', service: `nobody-${this.sent}`, severity: 'critical' };
    return this.send({ labels });
  }

  token(kind: 'webhook' | 'admin'): string {
    return readFileSync(join(this.places.botData, 'tokens', kind), 'utf8').trim();
  }

  headers(kind: 'webhook' | 'admin' = 'webhook'): { authorization: string } {
    return { authorization: `Bearer ${this.token(kind)}` };
  }

  output(): string {
    return readFileSync(join(this.places.logs, 'alert-bot.log'), 'utf8');
  }

  /** Until nothing waits for triage, and then until every incident was decided about. */
  async settled(): Promise<void> {
    // One after the other: a scrape reads its gauges one by one, and a triage may come in between.
    for (const series of [/^alert_bot_pending_deliveries 0$/m, /^alert_bot_incidents{status="new"} 0$/m])
      await until(async () => series.test(await (await this.get('/metrics')).text()), {
        what: `the metric ${series.source}`,
        withinMs: 60_000,
      });
  }

  /** The log, read in this process once the bot has ended. */
  read<T>(question: (db: Db) => T): T {
    const { db, close } = openLog(this.places.botData);
    try {
      return question(db);
    } finally {
      close();
    }
  }

  /** Acknowledged deliveries that are not in the log, or that nothing was decided about. */
  lost(ids: readonly string[]): string[] {
    return this.read((db) =>
      ids.filter((id) => {
        const [outcome] = outcomesOf(db, id);
        return outcome?.incident === undefined || decisionsOf(db, outcome.incident).length === 0;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.part.kill();
    this.folder[Symbol.dispose]();
  }
}
