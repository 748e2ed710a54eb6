import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../../scripts/stack/places.ts';

/** The commands in the `sh` fences of README.md, in its order, without comments, with the heading (`## …`) they stand under. */
export function readmeCommands(): { heading: string; command: string }[] {
  const page = readFileSync(join(repository, 'README.md'), 'utf8');
  return page.split(/^## /m).flatMap((section) => {
    const heading = /^.*$/m.exec(section)?.[0] ?? '';
    const fences = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
    return (
      fences
        .join('')
        // A line that ends with a backslash goes on.
        .split(/(?<!\\)\n/)
        .map((line) => line.replace(/ +# .*$/, ''))
        .filter((command) => command !== '')
        .map((command) => ({ heading, command }))
    );
  });
}
