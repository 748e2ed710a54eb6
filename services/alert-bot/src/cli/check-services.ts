import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { nearest } from '../config/nearest.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { cyclesOf, wayAround } from '../policy/cycles.ts';
import { Failure } from './failure.ts';

const OWN_DEPENDS_ON = 'alert-bot.depends-on';

const text = z.union([z.string(), z.number(), z.boolean(), z.null()]).transform(String);
/** Compose and the supervisor both write maps; Compose also lists, `name=value` and names only. */
const labels = z.union([
  z.record(z.string(), text),
  z
    .array(z.string())
    .transform((all) =>
      Object.fromEntries(all.map((one) => [one.split('=', 1)[0] ?? one, one.slice(one.indexOf('=') + 1)])),
    ),
]);
const service = z.looseObject({
  depends_on: z
    .union([z.array(z.string()), z.record(z.string(), z.unknown()).transform((map) => Object.keys(map))])
    .default([]),
  labels: labels.default({}),
});
const file = z.union([
  z.looseObject({ services: z.record(z.string(), service) }).transform(({ services }) => services),
  z.looseObject({ processes: z.record(z.string(), service) }).transform(({ processes }) => processes),
]);

/**
 * Compares what a Compose file or a supervisor's process file runs with the playbooks.
 * @returns warnings, a sentence each
 */
export async function checkServices(path: string, playbooks: PlaybookFile): Promise<string[]> {
  const services = await readServices(path);
  const graph = new Map(
    Object.entries(services).map(([name, one]) => [name, [...one.depends_on, ...ownDependsOn(one.labels)]]),
  );
  const names = [...graph.keys()];
  const absent = (who: string, name: string, remedy: string) => {
    const guess = nearest(name, names);
    return `${who} names ${name}, which ${path} has not: ${guess === undefined ? remedy : `did you mean ${guess}?`}`;
  };
  return [
    ...cyclesOf(graph).map(
      (members) =>
        `${wayAround(graph, members)} depend on each other in ${path}, so that none of them waits for another: take one of these out of depends_on or ${OWN_DEPENDS_ON}.`,
    ),
    ...Object.entries(services).flatMap(([name, one]) =>
      ownDependsOn(one.labels)
        .filter((other) => !graph.has(other))
        .map((other) =>
          absent(`${OWN_DEPENDS_ON} of ${name}`, other, 'write a service of the same project.'),
        ),
    ),
    ...playbooks.playbooks
      // A name with a sign of its own chooses another project or a container.
      .filter(({ service: named }) => /^[A-Za-z0-9._-]+$/.test(named) && !graph.has(named))
      .map(({ name, service: named }) => absent(`the target of ${name}`, named, 'write one that it has.')),
    ...playbooks.maintenance.flatMap(({ name, services: only }) =>
      (only ?? [])
        .filter((one) => !graph.has(one))
        .map((one) => absent(`the maintenance window ${name}`, one, 'write one that it has.')),
    ),
  ];
}

const ownDependsOn = (all: Readonly<Record<string, string>>): string[] =>
  (all[OWN_DEPENDS_ON] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

async function readServices(path: string) {
  try {
    // A Compose file repeats its anchors in every service; it is the caller's own, so that their number is no attack.
    const parsed = file.safeParse(parse(await readFile(path, 'utf8'), { merge: true, maxAliasCount: -1 }));
    if (parsed.success) return parsed.data;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Failure(`${path} cannot be read (${why}): check it with docker compose config.`);
  }
  throw new Failure(
    `${path} is no Compose file and no process file: give one with services: or processes: and a map of them.`,
  );
}
