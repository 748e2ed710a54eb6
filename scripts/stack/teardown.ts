/** What was started, to be ended in the opposite order. One that cannot be ended does not keep the others. */
export class Teardown {
  private steps: { what: string; end: () => Promise<void> }[] = [];
  private running: Promise<void> | undefined;

  add(what: string, end: () => Promise<void>): void {
    this.steps.push({ what, end });
  }

  /** Every caller waits for the same end, and learns of everything that went wrong. */
  run(): Promise<void> {
    this.running ??= this.endAll();
    return this.running;
  }

  private async endAll(): Promise<void> {
    const failures: Error[] = [];
    for (const { what, end } of this.steps.toReversed()) {
      try {
        await end();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        failures.push(new Error(`${what}: ${reason}`, { cause }));
      }
    }
    if (failures.length === 0) return;
    const told = failures.map(({ message }) => message).join('; ');
    throw new AggregateError(failures, `not everything could be ended: ${told}`);
  }
}
