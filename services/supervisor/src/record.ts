import { appendFileSync } from 'node:fs';
import type { Logger } from 'pino';

/** What really happened to a process. A restart is one `stop` and one `start`. */
export type RecordEvent =
  | { event: 'start'; pid: number }
  | { event: 'start_failed'; error: string }
  | { event: 'stop'; by: StopReason; timeoutMs: number }
  | { event: 'kill'; pid: number }
  | { event: 'die'; exitCode: number | null; signal: NodeJS.Signals | null };

export type StopReason = 'restart' | 'stop' | 'shutdown';

export type RecordEntry = { at: string; name: string; id: string } & RecordEvent;

// The file keeps everything; this bounds only what is held in memory and answered.
const KEPT = 5000;

/** The supervisor's own record: in memory for the socket, as JSON lines on disk, and in the log. */
export class Record {
  readonly #entries: RecordEntry[] = [];
  readonly #file: string;
  readonly #logger: Logger;

  constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  /** The entries since this supervisor started, oldest first. */
  get entries(): readonly RecordEntry[] {
    return this.#entries;
  }

  /** Never throws: a full disk must not keep a process from being stopped or started. */
  add(entry: RecordEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    const { at: _, event, ...fields } = entry;
    this.#logger.info(fields, event);
    try {
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      this.#logger.error({ err: error, file: this.#file }, 'the record cannot be written');
    }
  }
}
