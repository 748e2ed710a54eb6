import { formatDuration } from '../domain/duration.ts';
import type { WrittenDefaults } from './playbook-schema.ts';
import type { Settings } from './settings.ts';
import type { Path, PlaybookError, Source } from './yaml-source.ts';

/** A place that may have set a value, the nearest one first. */
export interface Layer {
  source: Source;
  path: Path;
  written: WrittenDefaults | undefined;
}

/**
 * Settled values that cannot both be met. Told at the place that set one of them; where none of the layers
 * did, somebody else is asked.
 */
export function unreachable(settled: Settings, layers: readonly Layer[]): PlaybookError[] {
  const { prove, backoff } = settled;
  const errors: PlaybookError[] = [];
  if (prove.stable > prove.within) {
    const layer = layers.find(
      ({ written }) => (written?.prove?.within ?? written?.prove?.stable) !== undefined,
    );
    const message = `cannot be met: stable is ${formatDuration(prove.stable)} and within only ${formatDuration(prove.within)}; write a shorter stable or a longer within`;
    if (layer !== undefined) errors.push(layer.source.error([...layer.path, 'prove'], message, ''));
  }
  if (backoff.initial > backoff.max) {
    const layer = layers.find(
      ({ written }) => (written?.backoff?.initial ?? written?.backoff?.max) !== undefined,
    );
    const message = `begins at ${formatDuration(backoff.initial)}, above its max of ${formatDuration(backoff.max)}; write a shorter initial or a longer max`;
    if (layer !== undefined) errors.push(layer.source.error([...layer.path, 'backoff'], message, ''));
  }
  return errors;
}
