import { z } from 'zod';
import type { Instance, Target } from '../domain/target.ts';

const instant = z.iso.datetime().transform((text) => Date.parse(text));

/** A process as `GET /processes` has it; what is not used is not asked for. */
export const processShape = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  state: z.enum(['running', 'exited']),
  pid: z.number().nullable(),
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  exitCode: z.number().nullable(),
  restartCount: z.number(),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  healthLog: z.array(z.object({ output: z.string() })),
  labels: z.record(z.string(), z.string()),
  dependsOn: z.array(z.string()),
});
export type ProcessView = z.infer<typeof processShape>;

export const processesShape = z.object({ processes: z.array(processShape) });

export const errorShape = z.object({ code: z.string(), message: z.string() });

const PREFIX = 'supervisor:';

/** `supervisor:<name>` */
export const targetId = (name: string): string => `${PREFIX}${name}`;

/** One process is one target with one instance. */
export function toTarget(view: ProcessView, protectedBecause: string | null): Target {
  const instance: Instance = {
    id: view.id,
    name: view.name,
    running: view.state === 'running',
    // The supervisor knows its processes as long as it lives: none is replaced.
    createdAt: null,
    startedAt: view.startedAt,
    finishedAt: view.finishedAt,
    restartCount: view.restartCount,
    exitCode: view.exitCode,
    // It does not say who stopped a process.
    atRest: null,
    health: view.health,
    healthDetail: view.healthLog.at(-1)?.output ?? '',
  };
  return {
    id: targetId(view.name),
    service: view.name,
    labels: view.labels,
    instances: [instance],
    // processes.yml has no conditions: what is depended on has to run.
    dependsOn: view.dependsOn.map((name) => ({ id: targetId(name), condition: 'started' })),
    protectedBecause,
  };
}
