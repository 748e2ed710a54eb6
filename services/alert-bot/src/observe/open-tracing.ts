import { tracingIsOn } from '@shop/service/telemetry/tracing';
import type { Instant } from '../domain/duration.ts';
import { type Db, write } from '../store/db.ts';
import { isTracing, setTracing } from '../store/traces.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/**
 * The spans of the bot where telemetry was started, else none. The log keeps which: an incident that is opened without has no
 * trace, and nobody is sent to look for it.
 */
export async function openTracing(
  db: Db,
  now: () => Instant,
  failed: (error: unknown) => void,
): Promise<Tracing> {
  const isOn = tracingIsOn();
  if (isTracing(db) !== isOn) await write(db, () => setTracing(db, isOn));
  if (!isOn) return NO_TRACING;
  const { createSpans } = await import('./spans.ts');
  return createSpans(db, now, failed);
}
