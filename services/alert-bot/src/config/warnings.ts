import type { PlaybookFile } from '../domain/playbook.ts';
import { type Suspicion, suspicions } from './suspicious.ts';
import type { Path, PlaybookError, Source } from './yaml-source.ts';

/** A file and whether it may set values of `defaults` and `limits` for another one. */
interface Read {
  source: Source;
  written: object;
}

/**
 * What is legal and probably not meant, each with the line that set the value: the playbook's own, else the overrides',
 * else the file's.
 */
export function warningsOf(file: PlaybookFile, main: Read, over: Read | null): PlaybookError[] {
  const told = new Set<string>();
  return suspicions(file).flatMap((found) => {
    const { source, path } = placeOf(found, main, over);
    const warning = source.error(path, found.message);
    // What the defaults bring is told once and not by every playbook that takes it from there.
    const key = `${warning.file}:${warning.path}: ${warning.message}`;
    if (told.has(key)) return [];
    told.add(key);
    return [warning];
  });
}

function placeOf(
  { playbook, path }: Suspicion,
  main: Read,
  over: Read | null,
): { source: Source; path: Path } {
  if (playbook === null)
    return { source: (over !== null && holds(over.written, path) ? over : main).source, path };
  const own = ['playbooks', playbook, ...path];
  if (holds(main.written, own.slice(0, 3)) || path[0] === 'name') return { source: main.source, path: own };
  const shared = ['defaults', ...path];
  for (const read of [over, main])
    if (read !== null && holds(read.written, shared.slice(0, 2)))
      return { source: read.source, path: shared };
  // Built in: the playbook is where it can be set.
  return { source: main.source, path: own };
}

function holds(written: unknown, path: Path): boolean {
  let at = written;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = Reflect.get(at, key);
  }
  return at !== undefined;
}
