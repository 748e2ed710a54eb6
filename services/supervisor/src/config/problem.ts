/** One thing that is wrong with what a person wrote, told so that it can be mended without asking. */
export type Problem = {
  /** The variable, or the path inside the file: `processes.api.command`. */
  where: string;
  line?: number | undefined;
  /** What stands there now, as written. */
  value: unknown;
  remedy: string;
};

/** All problems of one source at once. The start ends with exit code 2 on it. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    super(problems.map((problem) => describe(source, problem)).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

function describe(source: string, { where, line, value, remedy }: Problem): string {
  const place = line === undefined ? source : `${source}:${line}`;
  return `${place}: ${where}: ${value === undefined ? 'missing' : `is ${show(value)}`}; ${remedy}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
