import { expect, test } from 'vitest';
import { notesAbout } from '../http/ops.ts';
import { addPause, pauseNotes } from '../store/controls.ts';
import { startBot } from '../testing/bot.ts';
import { lookNow } from './look.ts';

test('a pause of everything is said by its own card and not by a note too, one of a playbook by a note', async () => {
  await using bot = startBot('/nobody/there.sock', { idle: true });
  const { db, now } = bot.deps;
  const notes = () => [
    ...notesAbout('clock', ['the clock jumped']),
    ...notesAbout('pauses', pauseNotes(db, now())),
  ];
  const seen = () => lookNow(bot.deps, { problems: () => [], notes }, async () => []);
  addPause(db, { by: 'ada', why: 'a deploy' }, null, now());
  expect(await seen()).toMatchObject({ notes: ['the clock jumped'], pause: { by: 'ada', why: 'a deploy' } });
  addPause(db, { by: 'bob', why: 'it is new' }, null, now(), 'playbook:errors');
  expect((await seen()).notes).toEqual([
    'the clock jumped',
    'a person paused playbook:errors, all: alert-bot resume ends it',
  ]);
});
