import { Hono } from 'hono';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { addPause, allPauses, audit, EVERYTHING, endPauses } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { knownTargets } from '../store/targets.ts';
import { lookAtOnce } from '../store/waits.ts';
import { HttpError } from './errors.ts';
import { parse, person, readJson, SAY_WHO, strict } from './input.ts';

/** Beyond it a date cannot be written down. */
const LONGEST_PAUSE = 100 * 365 * 24 * 3_600_000;

const duration = z.string({ error: 'write a duration such as "5m"' }).transform((text, context) => {
  const length = parseDuration(text);
  if (length !== undefined && length > 0 && length <= LONGEST_PAUSE) return length;
  const message =
    length !== undefined && length > 0
      ? `"${text}" is too long: leave it out to pause until resume`
      : `"${text}" is not a duration: write one such as 5m`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const SCOPES = 'all, target:<id>, service:<name> or playbook:<name>';
const scope = z.string({ error: `write ${SCOPES}` }).regex(/^(all|(target|service|playbook):.+)$/s, {
  error: ({ input }) => `"${input}" is no scope: write ${SCOPES}`,
});
const pauseShape = strict({ ...person, for: duration.optional(), scope: scope.default(EVERYTHING) }, SAY_WHO);
const resumeShape = strict({ ...person, scope: scope.optional() }, SAY_WHO);

/** How a person stops the bot, all of it or for one target or playbook, and lets it go on (G13). */
export function pauseRoutes(deps: Deps): Hono {
  const { db } = deps;
  const app = new Hono();

  app.post('/pause', async (c) => {
    const { by, why, for: length, scope: written } = parse(pauseShape, await readJson(c.req.raw));
    const scopes = await scopesOf(deps, written);
    const now = deps.now();
    const until = length === undefined ? null : now + length;
    await write(db, () => {
      for (const one of scopes) {
        addPause(db, { by, why }, until, now, one);
        audit(
          db,
          { by, why },
          'pause',
          length === undefined ? one : `${one} for ${formatDuration(length)}`,
          now,
        );
      }
    });
    for (const one of scopes) deps.events.person(by, 'pause', one, why);
    deps.wake();
    const time = until === null ? null : new Date(until).toISOString();
    return c.json({ paused: true, by, why, until: time, scope: scopes.join(', ') });
  });

  app.post('/resume', async (c) => {
    const { by, why, scope: written } = parse(resumeShape, await readJson(c.req.raw));
    const scopes = written === undefined ? null : heldBy(deps, written);
    const now = deps.now();
    const ended = await write(db, () => {
      audit(db, { by, why }, 'resume', scopes?.join(', ') ?? EVERYTHING, now);
      lookAtOnce(db, null, now);
      if (scopes === null) return endPauses(db, now);
      return scopes.reduce((sum, one) => sum + endPauses(db, now, one), 0);
    });
    deps.events.person(by, 'resume', scopes?.join(', ') ?? EVERYTHING, why);
    deps.wake();
    return c.json({ paused: false, ended });
  });

  return app;
}

/**
 * What a pause is to hold for, as the log keeps it: a service is its target, or its targets. A typo would be a pause of
 * nothing that somebody relies on, so it has to be known.
 * @throws HttpError with what there is instead
 */
async function scopesOf(deps: Deps, written: string): Promise<readonly string[]> {
  const [kind, name] = split(written);
  if (kind === EVERYTHING) return [EVERYTHING];
  if (kind === 'playbook') {
    const names = deps.playbooks().playbooks.map((playbook) => playbook.name);
    if (names.includes(name)) return [written];
    throw unknown(`playbook ${name}`, names);
  }
  if (kind === 'target' && knownTargets(deps.db).includes(name)) return [written];
  const targets = await list(deps);
  const ids = targets
    .filter((one) => (kind === 'target' ? one.id : one.service) === name)
    .map(({ id }) => id);
  if (ids.length > 0) return ids.map((id) => `target:${id}`);
  throw unknown(`${kind} ${name}`, [
    ...new Set(targets.map((one) => (kind === 'target' ? one.id : one.service))),
  ]);
}

/** The scopes of pauses that hold and are meant. @throws HttpError with the pauses that hold, where none is */
function heldBy(deps: Deps, written: string): readonly string[] {
  const [kind, name] = split(written);
  const held = [...new Set(allPauses(deps.db, deps.now()).map((pause) => pause.scope))];
  const meant = kind === 'service' ? `target:${deps.platform.targetId(name)}` : written;
  if (held.includes(meant)) return [meant];
  throw new HttpError(
    'not_found',
    `${written} is not paused; paused is: ${held.join(', ') || 'nothing'}`,
    'scope',
  );
}

const split = (scope: string): [kind: string, name: string] => {
  const colon = scope.indexOf(':');
  return colon < 0 ? [scope, ''] : [scope.slice(0, colon), scope.slice(colon + 1)];
};

const unknown = (what: string, names: readonly string[]): HttpError =>
  new HttpError('not_found', `there is no ${what}; there are: ${names.join(', ') || 'none'}`, 'scope');

async function list(deps: Deps): Promise<readonly Target[]> {
  try {
    return await deps.platform.list();
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    // A stop must be possible at any time, and this one cannot be checked now.
    throw new HttpError(
      'platform_unavailable',
      `${error.message}; pause all instead, which needs no answer of it`,
    );
  }
}
