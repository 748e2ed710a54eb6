import { z } from 'zod';

// What the Engine answers, from API 1.41 (Engine 20.10) on; what is not used is not asked for.

/** The engine's words for "never" are the year 1. */
const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => (text.startsWith('0001-') ? null : Date.parse(text)));

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((all) => all ?? {});

const listedShape = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  // Null for a moment while a container is removed.
  Names: z
    .array(z.string())
    .nullish()
    .transform((all) => all ?? []),
  Image: z.string(),
  Labels: labels,
  HostConfig: z.object({ NetworkMode: z.string().nullish() }).nullish(),
  Mounts: z
    .array(z.object({ Source: z.string().nullish(), Destination: z.string().nullish() }))
    .nullish()
    .transform((all) => all ?? []),
});
/** A container as `GET /containers/json` has it. */
export type Listed = z.infer<typeof listedShape>;
export const listShape = z.array(listedShape);

/** A container as `GET /containers/{id}/json` has it. */
export const inspectedShape = z.object({
  Id: z.string(),
  Created: instant,
  Name: z.string().transform((name) => name.replace(/^\//, '')),
  RestartCount: z.number(),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }).nullish() }),
  State: z.object({
    Status: z.string(),
    /** Why it could not be started; empty where it could. */
    Error: z.string(),
    OOMKilled: z.boolean(),
    Running: z.boolean(),
    Paused: z.boolean(),
    Restarting: z.boolean(),
    ExitCode: z.number(),
    StartedAt: instant,
    FinishedAt: instant,
    Health: z
      .object({
        Status: z.enum(['none', 'starting', 'healthy', 'unhealthy', '']).transform((it) => it || 'none'),
        Log: z.array(z.object({ Output: z.string() })).nullish(),
      })
      .nullish(),
  }),
  Config: z.object({ Tty: z.boolean(), Hostname: z.string(), Image: z.string() }),
});
export type Inspected = z.infer<typeof inspectedShape>;
