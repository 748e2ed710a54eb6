import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { addPause, allPauses, audit, EVERYTHING, endPauses } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { isKnownTarget } from '../store/targets.ts';
import { lookAtOnce } from '../store/waits.ts';
import { HttpError } from './errors.ts';
import { person, SAY_WHO, shorten, strict } from './input.ts';
import { NOTHING, type Register } from './operation.ts';
import { maybeAt, pauseShape } from './shapes.ts';
import { pauseView, time } from './view.ts';

/** Beyond it a date cannot be written down. */
const LONGEST_PAUSE = 100 * 365 * 24 * 3_600_000;

const duration = z.string({ error: 'write a duration such as "5m"' }).transform((text, context) => {
  const length = parseDuration(text);
  if (length !== undefined && length > 0 && length <= LONGEST_PAUSE) return length;
  const message =
    length !== undefined && length > 0
      ? `"${shorten(text)}" is too long: leave it out to pause until resume`
      : `"${shorten(text)}" is not a duration: write one such as 5m`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const SCOPES = 'all, target:<id>, service:<name> or playbook:<name>';
const scope = z.string({ error: `write ${SCOPES}` }).regex(/^(all|(target|service|playbook):.+)$/s, {
  error: ({ input }) => `"${shorten(String(input))}" is no scope: write ${SCOPES}`,
});
const pauseBody = strict({ ...person, for: duration.optional(), scope: scope.default(EVERYTHING) }, SAY_WHO);
const resumeBody = strict({ ...person, scope: scope.optional() }, SAY_WHO);

/** How a person stops the bot, all of it or for one target or playbook, and lets it go on (G13). */
export function pauseRoutes(deps: Deps, on: Register): void {
  const { db } = deps;

  on.get(
    {
      path: '/pauses',
      name: 'listPauses',
      summary: 'Every pause that holds now, newest first',
      query: NOTHING,
      answer: z.object({ pauses: z.array(pauseShape) }),
    },
    () => ({ pauses: allPauses(db, deps.now()).map(pauseView) }),
  );

  on.post(
    {
      path: '/pause',
      name: 'pause',
      summary: 'Nothing is acted on any more: at all, or of one target, service or playbook',
      body: pauseBody,
      answer: z.object({
        paused: z.literal(true),
        by: z.string(),
        why: z.string(),
        until: maybeAt,
        scope: z.string(),
      }),
      problems: ['not_found', 'log_unavailable', 'platform_unavailable'],
    },
    async ({ body: { by, why, for: length, scope: written }, via }) => {
      const scopes = await scopesOf(deps, written);
      const now = deps.now();
      const until = length === undefined ? null : now + length;
      await write(db, () => {
        for (const one of scopes) {
          addPause(db, { by, why }, until, now, one);
          const subject = length === undefined ? one : `${one} for ${formatDuration(length)}`;
          audit(db, { by, why }, 'pause', subject, now, via);
        }
      });
      for (const one of scopes) deps.events.person(by, 'pause', one, why);
      deps.wake();
      return { paused: true as const, by, why, until: time(until), scope: scopes.join(', ') };
    },
  );

  on.post(
    {
      path: '/resume',
      name: 'resume',
      summary: 'Ends a pause; without a scope, every one',
      body: resumeBody,
      answer: z.object({ paused: z.literal(false), ended: z.int() }),
      problems: ['not_found', 'log_unavailable'],
    },
    async ({ body: { by, why, scope: written }, via }) => {
      const scopes = written === undefined ? null : heldBy(deps, written);
      const now = deps.now();
      const ended = await write(db, () => {
        audit(db, { by, why }, 'resume', scopes?.join(', ') ?? EVERYTHING, now, via);
        lookAtOnce(db, null, now);
        if (scopes === null) return endPauses(db, now);
        return scopes.reduce((sum, one) => sum + endPauses(db, now, one), 0);
      });
      deps.events.person(by, 'resume', scopes?.join(', ') ?? EVERYTHING, why);
      deps.wake();
      return { paused: false as const, ended };
    },
  );
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
    throw unknown(`playbook ${shorten(name)}`, names);
  }
  if (kind === 'target' && isKnownTarget(deps.db, name)) return [written];
  const targets = await list(deps);
  const ids = targets
    .filter((one) => (kind === 'target' ? one.id : one.service) === name)
    .map(({ id }) => id);
  if (ids.length > 0) return ids.map((id) => `target:${id}`);
  throw unknown(`${kind} ${shorten(name)}`, [
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
    `${shorten(written)} is not paused; paused is: ${held.join(', ') || 'nothing'}`,
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
