import { readPlaybookFiles } from '../config/playbook-files.ts';
import { formatPlaybookError } from '../config/playbooks.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** The playbook file as the bot would load it. */
export async function checkPlaybooks(files: {
  playbooks: string;
  overrides: string | null;
}): Promise<{ findings: Finding[]; file: PlaybookFile | null }> {
  const loaded = await readPlaybookFiles(files);
  if ('errors' in loaded)
    return {
      file: null,
      findings: loaded.errors.map((error) =>
        fail(
          'playbooks',
          formatPlaybookError(error),
          'a running bot keeps the last good file; mend this one',
        ),
      ),
    };
  const { playbooks } = loaded.file;
  const acting = playbooks.filter((playbook) => playbook.mode === 'act');
  const says = `${playbooks.length} in ${files.playbooks}, ${acting.length} of them in mode act`;
  const findings = [
    acting.length === 0
      ? warn('playbooks', says, 'mode: act, once what the bot says it would do looks right to you')
      : ok('playbooks', says),
  ];
  for (const { path, from, to } of loaded.overridden)
    findings.push(ok('overrides', `${path}: ${from} -> ${to}`));
  for (const warning of loaded.warnings)
    findings.push(warn('playbooks', formatPlaybookError(warning), 'it is legal: leave it if it is meant'));
  return { findings, file: loaded.file };
}
