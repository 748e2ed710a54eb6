import { expect, test } from 'vitest';
import { notesAbout } from '../http/ops.ts';
import { startBot } from '../testing/bot.ts';
import { lookAtPlaybooks } from './look-playbooks.ts';

test('the page of the playbooks takes the notes that are about them, whatever they say', async () => {
  await using bot = startBot('/nobody/there.sock', { idle: true });
  const notes = () => [
    ...notesAbout('tokens', ['the playbook file is no token']),
    ...notesAbout('playbooks', ['it is wrong in line 3']),
  ];
  const { problems, file } = await lookAtPlaybooks(bot.deps, { notes });
  expect(problems).toEqual(['it is wrong in line 3']);
  expect(file).toBe(bot.deps.playbooks());
});
