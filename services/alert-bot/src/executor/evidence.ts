import { expressionOf } from '../decision/rules.ts';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import type { Target } from '../domain/target.ts';
import { episodesOf } from '../store/episodes.ts';
import type { Evidence } from '../store/evidence.ts';
import type { Incident } from '../store/incidents.ts';
import { redact } from './redact.ts';

const LOG_LINES = 200;
/** Bytes kept of one piece; the end of a log is what matters. */
const AT_MOST: number = 64 * 1024;
/** Evidence may not hold up the cure for longer than this. */
const PATIENCE: Millis = 3_000;

/**
 * Captures what a restart destroys: the last log lines, the state, the alert's query (G9). Bounded in bytes
 * and time, redacted; what cannot be captured is recorded as such and never blocks.
 */
export async function captureEvidence(deps: Deps, incident: Incident, target: Target): Promise<Evidence[]> {
  const queries = new Set(
    episodesOf(deps.db, incident.id)
      .map((episode) => expressionOf(episode.generatorURL))
      .filter((query) => query !== null),
  );
  const { platform, prometheus } = deps;
  return Promise.all([
    ...target.instances.map((instance) =>
      capture(deps, 'logs', instance.name, () => platform.logs(instance.id, LOG_LINES)),
    ),
    ...target.instances.map((instance) =>
      capture(deps, 'state', instance.name, async () => JSON.stringify(instance, null, 2)),
    ),
    ...[...queries].map((query) =>
      capture(deps, 'query', query, async () => JSON.stringify(await prometheus.series(query), null, 2)),
    ),
  ]);
}

async function capture(
  deps: Deps,
  kind: Evidence['kind'],
  subject: string,
  read: () => Promise<string>,
): Promise<Evidence> {
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
