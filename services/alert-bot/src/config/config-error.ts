/** The process ends with this code where its configuration is wrong, so that nothing restarts it in vain. */
export const EXIT_CONFIGURATION = 2;

/** Everything that is wrong with the configuration, each a sentence with its remedy. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
