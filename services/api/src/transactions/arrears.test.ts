import { expect, test, vi } from 'vitest';
import { createArrears } from './arrears.ts';

const away = new Error('away');
const isAway = (error: unknown) => error === away;
const limits = { everyMs: 1, most: 3 };

test('tries until the database is back, oldest first, each once it was taken', async () => {
  const stopped = new AbortController();
  const onLost = vi.fn();
  const arrears = createArrears({ isAway, onLost, limits });
  const taken: string[] = [];
  let isBack = false;
  for (const name of ['a', 'b', 'c'])
    arrears.add(async () => {
      if (!isBack) throw away;
      taken.push(name);
    });
  const trying = arrears.keepTrying(stopped.signal);
  isBack = true;
  await expect.poll(() => taken).toEqual(['a', 'b', 'c']);
  stopped.abort();
  await trying;
  expect(onLost).not.toHaveBeenCalled();
});

test('gives up what cannot be kept at all, and what is beyond its bound', async () => {
  const stopped = new AbortController();
  const onLost = vi.fn();
  const arrears = createArrears({ isAway, onLost, limits });
  const gone = new Error('the transaction is gone');
  const taken: string[] = [];
  arrears.add(async () => {
    throw gone;
  });
  for (const name of ['b', 'c', 'd']) arrears.add(async () => void taken.push(name));
  expect(onLost).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: '3 answers of the gateway are owed to the database already' }),
  );
  const trying = arrears.keepTrying(stopped.signal);
  await expect.poll(() => taken).toEqual(['b', 'c']);
  stopped.abort();
  await trying;
  expect(onLost).toHaveBeenCalledWith(gone);
});
