/** The timeline: plain lines, and in a terminal one more that is rewritten while something is awaited. */
export class Screen {
  private readonly out: NodeJS.WriteStream;
  private waiting = false;

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
  }

  text(text = ''): void {
    this.clear();
    this.out.write(`${text}\n`);
  }

  /** What happened, when (in milliseconds since the act began) and who saw it. */
  line(afterMs: number, seenBy: string, what: string): void {
    this.text(`${(afterMs / 1000).toFixed(1).padStart(6)} s  ${seenBy.padEnd(14)}${what}`);
  }

  /** Rewritten by the next call. Nothing outside of a terminal. */
  progress(text: string): void {
    if (!this.out.isTTY) return;
    this.clear();
    this.out.write(text.slice(0, Math.max(20, this.out.columns - 1)));
    this.waiting = true;
  }

  private clear(): void {
    if (this.waiting) this.out.write('\r\x1b[2K');
    this.waiting = false;
  }
}
