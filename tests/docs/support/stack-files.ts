import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = resolve(import.meta.dirname, '../../..');
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');
export const readYaml = (file: string): unknown => parse(read(file), { merge: true, maxAliasCount: -1 });

const network = z.object({ aliases: z.array(z.string()).default([]) }).nullable();
const service = z.object({
  environment: z.record(z.string(), z.coerce.string()).default({}),
  mem_limit: z.string().optional(),
  networks: z
    .union([z.array(z.string()), z.record(z.string(), network)])
    .default([])
    .transform((of) => (Array.isArray(of) ? Object.fromEntries(of.map((name) => [name, null])) : of)),
  profiles: z.array(z.string()).default([]),
  restart: z.string().optional(),
  volumes: z.array(z.union([z.string(), z.looseObject({})])).default([]),
});

/** docker-compose.yml as it stands, every profile, nothing interpolated. */
export const services = z
  .object({ services: z.record(z.string(), service) })
  .parse(readYaml('docker-compose.yml')).services;

/** Under which names one service reaches another: over a network that both are in. */
export function reaches(from: string, host: string): boolean {
  const own = services[from]?.networks ?? {};
  return Object.entries(services).some(([name, { networks }]) =>
    Object.entries(networks).some(
      ([on, settings]) => on in own && (name === host || settings?.aliases.includes(host)),
    ),
  );
}

/** Each key of a YAML text with those above it, as in `limits_config.retention_period`; lists as `[]`. */
export function keyPaths(value: unknown, above = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => keyPaths(one, `${above}[]`)))];
  if (typeof value !== 'object' || value === null) return [above];
  return Object.entries(value).flatMap(([key, below]) =>
    keyPaths(below, above === '' ? key : `${above}.${key}`),
  );
}
