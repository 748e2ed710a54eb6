import { parse } from 'yaml';
import { z } from 'zod';

/** One path of the engine that the bot needs, and why. */
export interface AllowedPath {
  method: 'GET' | 'POST';
  /** A regular expression that both RE2 and JavaScript read alike, for the whole path. */
  path: string;
  reason: string;
}

const shape = z.array(
  z.strictObject({
    method: z.enum(['GET', 'POST']),
    path: z.string().min(1),
    reason: z.string().min(1),
  }),
);

/** Reads deploy/socket-proxy/allow-list.yml. */
export function readAllowList(yaml: string): readonly AllowedPath[] {
  return shape.parse(parse(yaml));
}

/** The flags of wollomatic/socket-proxy that allow these paths. */
export function proxyFlags(rules: readonly AllowedPath[]): readonly string[] {
  return rules.map(({ method, path }) => `-allow${method}=${path}`);
}

/** The same as environment variables: `SP_ALLOW_GET_1` and so on, one for each path. */
export function proxyEnvironment(rules: readonly AllowedPath[]): Readonly<Record<string, string>> {
  const count = { GET: 0, POST: 0 };
  return Object.fromEntries(
    rules.map(({ method, path }) => {
      count[method] += 1;
      return [`SP_ALLOW_${method}_${count[method]}`, path];
    }),
  );
}

/** The environment as a file, for Compose's `env_file` and Docker's `--env-file`. */
export function proxyEnvironmentFile(rules: readonly AllowedPath[]): string {
  const lines = Object.entries(proxyEnvironment(rules)).map(([name, value]) => `${name}=${value}\n`);
  return `# Made from allow-list.yml, which has the reasons; not to be edited.\n${lines.join('')}`;
}
