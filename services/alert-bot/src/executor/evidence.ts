import { expressionOf } from '../decision/rules.ts';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import type { Instance } from '../domain/target.ts';
import type { Attempt } from '../store/attempts.ts';
import { episodesOf } from '../store/episodes.ts';
import { addEvent } from '../store/events.ts';
import { type Evidence, insertEvidence } from '../store/evidence.ts';
import type { Incident } from '../store/incidents.ts';
import { redact } from './redact.ts';

const LOG_LINES = 200;
/** Bytes kept of one piece; the end of a log is what matters. */
const AT_MOST: number = 64 * 1024;
/** Evidence may not hold up the cure for longer than this, and is not waited for longer afterwards. */
const PATIENCE: Millis = 3_000;

/**
 * Captures what a restart destroys: the last log lines, the state, the alert's query (G9). Bounded in bytes
 * and time, redacted; what cannot be captured is recorded as such and never blocks.
 * @param stateOf how an instance is: as it is given, where it was just looked at
 * @throws the reason of the stop, where the bot is stopped meanwhile
 */
export async function captureEvidence(
  deps: Deps,
  incident: Incident,
  moment: Evidence['moment'],
  instances: readonly Instance[],
  stateOf: (instance: Instance) => Promise<Instance> = async (instance) => instance,
): Promise<Evidence[]> {
  const queries = new Set(
    episodesOf(deps.db, incident.id)
      .map((episode) => expressionOf(episode.generatorURL))
      .filter((query) => query !== null),
  );
  const { platform, prometheus } = deps;
  const pieces = await Promise.all([
    ...instances.map((instance) =>
      capture(deps, 'logs', instance.name, () => platform.logs(instance.id, LOG_LINES)),
    ),
    ...instances.map((instance) =>
      capture(deps, 'state', instance.name, async () => JSON.stringify(await stateOf(instance), null, 2)),
    ),
    ...[...queries].map((query) =>
      capture(deps, 'query', query, async () => JSON.stringify(await prometheus.series(query), null, 2)),
    ),
  ]);
  return pieces.map((piece) => ({ ...piece, moment }));
}

/** Writes what was captured, and a row of the timeline that says how much. To be called inside a transaction. */
export function keepEvidence({ db, now }: Deps, attempt: Attempt, evidence: readonly Evidence[]): void {
  for (const piece of evidence) insertEvidence(db, attempt.incident_id, attempt.id, piece);
  const failed = evidence.filter((piece) => piece.error !== null);
  const when = evidence.some(({ moment }) => moment === 'after') ? ' after the action' : '';
  const text = `${evidence.length - failed.length} of ${evidence.length} pieces of evidence kept${when}`;
  addEvent(db, attempt.incident_id, now(), 'evidence', text, { failed: failed.map((piece) => piece.error) });
}

async function capture(
  deps: Deps,
  kind: Evidence['kind'],
  subject: string,
  read: () => Promise<string>,
): Promise<Omit<Evidence, 'moment'>> {
  const at = deps.now();
  const began = deps.monotonic();
  const result = await withPatience(deps, read).then(
    (content) => ({ content: redact(content), error: null }),
    (error: unknown) => {
      // What is cut off by a stop is left to the next boot, not recorded as something that could not be captured.
      if (deps.stopping.aborted) throw error;
      return { content: '', error: error instanceof Error ? error.message : String(error) };
    },
  );
  const { content, truncated } = lastBytes(result.content);
  return {
    kind,
    subject,
    at,
    took: Math.round(deps.monotonic() - began),
    content,
    truncated,
    error: result.error,
  };
}

const ANSWERED = new Error('answered in time');

async function withPatience<T>(deps: Deps, read: () => Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = deps.sleep(PATIENCE, answered.signal).then(() => {
    throw new Error(`no answer within ${PATIENCE / 1000} s`);
  });
  try {
    return await Promise.race([read(), late]);
  } finally {
    answered.abort(ANSWERED);
  }
}

/** The end of a text, cut at a character. */
function lastBytes(content: string): { content: string; truncated: boolean } {
  const bytes = Buffer.from(content);
  if (bytes.length <= AT_MOST) return { content, truncated: false };
  const cut = bytes.subarray(bytes.length - AT_MOST).toString();
  // A character that was cut in half decodes to U+FFFD at the front.
  return { content: cut.replace(/^\uFFFD+/, ''), truncated: true };
}
