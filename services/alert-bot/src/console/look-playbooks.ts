import type { Deps } from '../deps.ts';
import { doubtsOf } from '../http/doubts.ts';
import type { Readiness } from '../http/ops.ts';
import { allPauses } from '../store/controls.ts';
import { playbookRecord } from '../store/record.ts';
import type { PlaybooksView } from './playbooks-page.ts';

const SCOPE = 'playbook:';
/** The playbook file that holds, with what each playbook did lately. */
export async function lookAtPlaybooks(
  { db, now, playbooks, breathe }: Pick<Deps, 'db' | 'now' | 'playbooks' | 'breathe'>,
  { notes }: Pick<Readiness, 'notes'>,
): Promise<PlaybooksView> {
  const paused = allPauses(db, now()).filter(({ scope }) => scope.startsWith(SCOPE));
  const file = playbooks();
  const records: PlaybooksView['records'] = new Map();
  for (const { name } of file.playbooks) {
    await breathe();
    records.set(name, playbookRecord(db, name));
  }
  return {
    file,
    problems: notes().flatMap(({ about, text }) => (about === 'playbooks' ? [text] : [])),
    paused: new Map(paused.map((pause) => [pause.scope.slice(SCOPE.length), pause])),
    records,
    doubts: doubtsOf(file),
  };
}
