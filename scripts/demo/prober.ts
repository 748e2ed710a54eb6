import { closeSync, openSync, writeSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Probe, type ProbeLine, toProbe } from './request-log.ts';

const everyMs = 100;
const limitMs = 1_000;

/**
 * A user of the API: ten requests a second at times fixed in advance, whether or not the earlier ones were answered.
 * Each is a line of its log as soon as it has ended.
 */
export class Prober {
  readonly file: string;
  /** In the order in which they ended. */
  readonly probes: Probe[] = [];
  private readonly url: string;
  private readonly log: number;
  private readonly stopping = new AbortController();
  // Its own connections, kept open as a browser or another service would.
  private readonly agent = new Agent({ keepAlive: true });
  private readonly pending = new Set<Promise<void>>();
  private readonly running: Promise<void>;

  constructor(url: string, file: string) {
    this.url = url;
    this.file = file;
    this.log = openSync(file, 'w');
    this.running = this.run();
  }

  /** How many of the last requests in a row were good. */
  goodInARow(): number {
    return this.probes.length - 1 - this.probes.findLastIndex(({ good }) => !good);
  }

  /** Sends no more, waits for the answers, and closes the log. */
  async stop(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    await this.running;
    await Promise.all(this.pending);
    this.agent.destroy();
    closeSync(this.log);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const began = performance.now();
    for (let count = 0; !signal.aborted; count += 1) {
      const early = began + count * everyMs - performance.now();
      if (early > 0) await pause(early, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const probe: Promise<void> = this.probe().finally(() => this.pending.delete(probe));
      this.pending.add(probe);
    }
  }

  private async probe(): Promise<void> {
    const at = new Date().toISOString();
    const began = performance.now();
    const outcome = await this.ask().then(
      (status) => ({ status }),
      (error: unknown) => ({ error: nameOf(error) }),
    );
    const line: ProbeLine = { at, ...outcome, ms: Math.round((performance.now() - began) * 10) / 10 };
    writeSync(this.log, `${JSON.stringify(line)}\n`);
    this.probes.push(toProbe(line));
  }

  /** Ends when the answer is there as a whole. */
  private ask(): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = get(this.url, { agent: this.agent, signal: AbortSignal.timeout(limitMs) }, (response) => {
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
        response.resume();
      });
      sent.once('error', reject);
    });
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `no answer within ${limitMs / 1000} s`;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
