/** The timeline: plain lines, and in a terminal one more that is rewritten while something is awaited. */
export class Screen {
  private readonly out: NodeJS.WriteStream;
  private shown = '';

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
    // Longer than a line could not be rewritten. Some terminals do not tell their width.
    const fitting = text.slice(0, (this.out.columns || 80) - 1);
    if (!this.out.isTTY || fitting === this.shown) return;
    this.clear();
    this.out.write(fitting);
    this.shown = fitting;
  }

  private clear(): void {
    if (this.shown !== '') this.out.write('\r\x1b[2K');
    this.shown = '';
  }
}
