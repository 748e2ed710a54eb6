import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { readPlaybookFiles } from '../../services/alert-bot/src/config/playbook-files.ts';
import { formatPlaybookError } from '../../services/alert-bot/src/config/playbooks.ts';
import { repository } from '../stack/places.ts';

export const alertname = 'HighErrorRate';

export type Rules = {
  /** The file that shortens the durations; in `observe` a copy that says so. */
  overrides: string;
  overridden: string[];
  /** The smallest number of attempts that any of the budgets allows. */
  budget: number;
};

/** What the bot will go by, read with its own loader. */
export async function readRules(folder: string, mode: 'act' | 'observe'): Promise<Rules> {
  const shipped = join(repository, 'deploy/bare/overrides.yml');
  const overrides = mode === 'act' ? shipped : withMode(shipped, mode, join(folder, 'overrides.yml'));
  const loaded = await readPlaybookFiles({ playbooks: join(repository, 'deploy/playbooks.yml'), overrides });
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatPlaybookError).join('\n'));

  const labels = { alertname, service: 'api', severity: 'critical', remediation: 'auto' };
  const playbook = loaded.file.playbooks.find((one) => one.matches(labels));
  if (!playbook) throw new Error(`no playbook in deploy/playbooks.yml matches ${alertname}`);
  if (playbook.mode !== mode)
    throw new Error(`the playbook ${playbook.name} is in mode ${playbook.mode}, whatever the overrides say`);
  return {
    overrides,
    overridden: loaded.overridden.map(({ path, from, to }) => `${path} ${from} -> ${to}`),
    budget: Math.min(...playbook.limits.budgets.map(({ attempts }) => attempts)),
  };
}

function withMode(shipped: string, mode: string, file: string): string {
  const document = parseDocument(readFileSync(shipped, 'utf8'));
  document.setIn(['defaults', 'mode'], mode);
  writeFileSync(file, document.toString());
  return file;
}
