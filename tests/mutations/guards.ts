import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a guard of `policy/` says that it blocks: its name is the first argument, or stands in the answer. */
const ANSWER = /(?<![\w.])(?:(?:block|unknown)\(\s*|guard: (?='))([^,\s)]+)/g;

/**
 * The names of the guards of `decide`, as its sources have them: a new one counts from the moment it stands there.
 * @param policy the folder of the sources
 * @throws Error where a guard's name is not written out in the call
 */
export function guardsOf(policy: string): string[] {
  const names = new Set<string>();
  for (const file of readdirSync(policy)) {
    // block.ts is what the guards call.
    if (!file.endsWith('.ts') || file.includes('.test.') || file.includes('.fixture.') || file === 'block.ts')
      continue;
    for (const [call, argument = ''] of readFileSync(join(policy, file), 'utf8').matchAll(ANSWER)) {
      const name = /^'(\w+)'$/.exec(argument)?.[1];
      if (name === undefined) throw new Error(`${file}: ${call}…: write the guard's name out, in quotes`);
      names.add(name);
    }
  }
  return [...names].sort();
}
