/** The last lines of a process, bounded in lines and in characters. */
export class LogRing {
  readonly #lines: string[] = [];
  readonly #maxLines: number;
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxLines = 2000, maxCharacters = 1 << 20) {
    this.#maxLines = maxLines;
    this.#maxCharacters = maxCharacters;
  }

  push(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length > this.#maxLines || this.#characters > this.#maxCharacters) {
      this.#characters -= this.#lines.shift()?.length ?? 0;
    }
  }

  tail(count: number): readonly string[] {
    return count === 0 ? [] : this.#lines.slice(-count);
  }
}
