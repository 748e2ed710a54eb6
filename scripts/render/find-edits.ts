import { divideDuration, promqlDurations, wholeDuration } from './durations.ts';
import type { Edit } from './edits.ts';
import { type YamlScalar, yamlScalars } from './scalars.ts';

/** What stands for what. A place of the Compose network that is not in here is an error, never left in silence. */
export type Mapping = {
  /** `api:8000` → `127.0.0.1:8000` */
  addresses: Readonly<Record<string, string>>;
  /** `/run/alert-bot/tokens/webhook` → a file of this machine */
  paths: Readonly<Record<string, string>>;
  /** What each duration is divided by. */
  factor: number;
};

const address = /(?<=^['"]?|:\/\/)[\w.-]+:\d+(?=$|['"/])/g;
const hostOfUrl = /:\/\/[^/'"]+/;

export function findEdits(text: string, mapping: Mapping): Edit[] {
  return yamlScalars(text).flatMap((scalar) => editsOf(scalar, mapping));
}

function editsOf(scalar: YamlScalar, mapping: Mapping): Edit[] {
  // What is only said or compared names no place, even if it looks like one.
  if (scalar.keys.some((key) => ['annotations', 'labels', 'matchers'].includes(key))) return [];
  if (scalar.keys.at(-1) === 'expr') return durations(scalar, promqlDurations, mapping);
  if (wholeDuration.test(scalar.value)) return durations(scalar, /[\dsmhdwy]+/g, mapping);
  if (scalar.value.startsWith('/')) {
    const to = mapping.paths[scalar.value];
    if (to === undefined) throw unknown(scalar, 'path');
    return [{ at: scalar.at, from: scalar.source, to: quoted(to), kind: 'path', where: scalar.where }];
  }
  return addresses(scalar, mapping);
}

function durations(scalar: YamlScalar, pattern: RegExp, { factor }: Mapping): Edit[] {
  return [...scalar.source.matchAll(pattern)].flatMap(({ 0: from, index }) => {
    const to = divideDuration(from, factor);
    return to === from ? [] : [{ at: scalar.at + index, from, to, kind: 'duration', where: scalar.where }];
  });
}

function addresses(scalar: YamlScalar, mapping: Mapping): Edit[] {
  const found = [...scalar.source.matchAll(address)];
  if (found.length === 0 && hostOfUrl.test(scalar.source)) throw unknown(scalar, 'address');
  return found.map(({ 0: from, index }) => {
    const to = mapping.addresses[from];
    if (to === undefined) throw unknown(scalar, 'address');
    return { at: scalar.at + index, from, to, kind: 'address', where: scalar.where };
  });
}

function unknown(scalar: YamlScalar, what: 'address' | 'path'): Error {
  return new Error(`${scalar.where}: nothing is known to stand for the ${what} ${scalar.value}`);
}

/** A path with a space or a quote must not become another YAML value. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path);
}
