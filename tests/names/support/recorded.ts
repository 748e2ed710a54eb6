/** Metrics of parts that are not ours, as they were scraped from the real program, or as their sources name them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Catalog } from './catalog.ts';

export const recordedFolder = resolve(import.meta.dirname, '../recorded');

export const recording = z.strictObject({
  /** `recorded`: scraped from the program by record.ts. `kept by hand`: from `source`, as no program was at hand. */
  how: z.enum(['recorded', 'kept by hand']),
  version: z.string(),
  /** The day of the recording, or where the names were read. */
  source: z.string(),
  metrics: z.record(z.string(), z.array(z.string())),
});
export type Recording = z.infer<typeof recording>;

export function readRecording(name: string): Recording {
  return recording.parse(JSON.parse(readFileSync(join(recordedFolder, `${name}.json`), 'utf8')));
}

export function recordings(): string[] {
  return readdirSync(recordedFolder).map((file) => file.replace(/\.json$/, ''));
}

export function recordedCatalog(name: string): Catalog {
  const { metrics } = readRecording(name);
  return new Map(Object.entries(metrics).map(([metric, labels]) => [metric, new Set(labels)]));
}

/** One line a metric, so that a renewal shows as the names that changed. */
export function recordingText({ metrics, ...head }: Recording): string {
  const lines = Object.entries(metrics)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, labels]) =>
        `    ${JSON.stringify(name)}: ${JSON.stringify(labels.toSorted()).replaceAll(',', ', ')}`,
    );
  const first = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  return `{\n${first.join('\n')}\n  "metrics": {\n${lines.join(',\n')}\n  }\n}\n`;
}
