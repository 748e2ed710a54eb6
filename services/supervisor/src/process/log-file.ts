import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Appends lines to a file; when it is full it becomes `<file>.1`, so there are never more than two. */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #onError: (error: unknown) => void;
  #descriptor: number | null = null;
  #bytes = 0;
  #broken = false;

  constructor(path: string, onError: (error: unknown) => void, maxBytes = 5_000_000) {
    this.#path = path;
    this.#onError = onError;
    this.#maxBytes = maxBytes;
  }

  /** Never throws: a full disk costs the log, not the process. It is told once until writing works again. */
  append(line: string): void {
    try {
      const data = Buffer.from(`${line}\n`);
      writeSync(this.#descriptorFor(data.length), data);
      this.#bytes += data.length;
      this.#broken = false;
    } catch (error) {
      if (!this.#broken) this.#onError(error);
      this.#broken = true;
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#bytes = 0;
  }

  #descriptorFor(bytes: number): number {
    // Opened first: an earlier supervisor may have left the file full.
    this.#descriptor ??= this.#open();
    if (this.#bytes === 0 || this.#bytes + bytes <= this.#maxBytes) return this.#descriptor;
    this.close();
    renameSync(this.#path, `${this.#path}.1`);
    this.#descriptor = this.#open();
    return this.#descriptor;
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', 0o600);
    this.#bytes = fstatSync(descriptor).size;
    return descriptor;
  }
}
