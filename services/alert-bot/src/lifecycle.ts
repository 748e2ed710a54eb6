/** Named steps back, run once, last first; each runs even when one before it fails, the errors are joined. */
export function createTeardown() {
  const steps: { name: string; run: () => unknown }[] = [];
  return {
    push(name: string, run: () => unknown): void {
      steps.push({ name, run });
    },
    async run(): Promise<void> {
      const errors: Error[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step.run();
        } catch (error) {
          errors.push(new Error(`stopping ${step.name}`, { cause: error }));
        }
      }
      if (errors.length === 1) throw errors[0];
      if (errors.length > 1)
        throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
    },
  };
}
