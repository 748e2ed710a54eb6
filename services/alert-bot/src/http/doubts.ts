import { suspicions } from '../config/suspicious.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { shadows } from '../policy/shadow.ts';

/** What is legal in a playbook file and probably not meant. */
export interface Doubts {
  /** By the number of the playbook; null is the whole file. */
  warnings: ReadonlyMap<number | null, string[]>;
  /** For each playbook those before it that match whatever it matches. */
  shadows: readonly string[][];
}

/** Each playbook is compared with each one before it: once for a file. */
const known = new WeakMap<PlaybookFile, Doubts>();

/** The doubts about the file that holds. */
export function doubtsOf(file: PlaybookFile): Doubts {
  const before = known.get(file);
  if (before !== undefined) return before;
  const all = suspicions(file).map(({ playbook, path, message }) => ({
    playbook,
    text: `${path.join('.')}: ${message}`,
  }));
  const warnings = new Map(
    [...new Set(all.map(({ playbook }) => playbook))].map((one) => [
      one,
      all.filter(({ playbook }) => playbook === one).map(({ text }) => text),
    ]),
  );
  const shadowed = file.playbooks.map(({ matchers }, index) =>
    file.playbooks
      .slice(0, index)
      .filter((earlier) => shadows(earlier.matchers, matchers))
      .map(({ name }) => name),
  );
  const doubts = { warnings, shadows: shadowed };
  known.set(file, doubts);
  return doubts;
}
