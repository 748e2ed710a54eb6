import type { Edit } from './edits.ts';
import { yamlScalars } from './scalars.ts';

/** Fills in the receiver `people`, which is shipped empty because everyone's is another. */
export function peopleWebhook(text: string, url: string): Edit {
  const name = yamlScalars(text).find(({ where }) => where === 'receivers[people].name');
  if (!name) throw new Error('alertmanager.yml has no receiver people');
  return {
    at: name.at + name.source.length,
    from: '',
    to: `\n    webhook_configs:\n      - url: ${url}`,
    kind: 'receiver',
    where: 'receivers[people]',
  };
}
