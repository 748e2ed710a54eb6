import { expect, test } from 'vitest';
import { type Platform, PlatformError } from '../domain/platform.ts';
import { shareListing } from './shared-listing.ts';

/** A platform that counts how often it is asked. */
function counting() {
  const asked: string[] = [];
  const now = { at: 0 };
  const answer = { away: false };
  const platform: Platform = {
    name: 'counting',
    targetId: (service) => service,
    async list() {
      asked.push('list');
      if (answer.away) throw new PlatformError('unavailable', 'nobody listens');
      return [];
    },
    async find() {
      asked.push('find');
      return [];
    },
    async inspect() {
      asked.push('inspect');
      throw new PlatformError('not_found', 'gone');
    },
    act: async () => undefined,
    logs: async () => '',
  };
  return { asked, now, answer, shared: shareListing(platform, () => now.at) };
}

test('a list is shared for a second after its answer', async () => {
  const { asked, now, shared } = counting();
  await Promise.all([shared.list(), shared.list()]);
  now.at = 999;
  await shared.list();
  expect(asked).toEqual(['list']);
  now.at = 1_000;
  await shared.list();
  expect(asked).toEqual(['list', 'list']);
});

test.each([
  [10, 1_000],
  [400, 8_000],
  [5_000, 30_000],
])('a list that took %i ms is shared for %i ms', async (took, kept) => {
  const { asked, now, shared } = counting();
  const first = shared.list();
  now.at = took;
  await first;
  now.at = took + kept - 1;
  await shared.list();
  expect(asked).toEqual(['list']);
  now.at = took + kept;
  await shared.list();
  expect(asked).toEqual(['list', 'list']);
});

test('a failure is shared for a second, and no longer, however long it took', async () => {
  const { asked, now, answer, shared } = counting();
  answer.away = true;
  const first = shared.list();
  now.at = 5_000;
  await expect(first).rejects.toThrow('nobody listens');
  await expect(shared.list()).rejects.toThrow('nobody listens');
  expect(asked).toEqual(['list']);
  answer.away = false;
  now.at = 6_000;
  expect(await shared.list()).toEqual([]);
});

test('G13: one target is never shared', async () => {
  const { asked, shared } = counting();
  await shared.find('api');
  await shared.find('api');
  await shared.inspect('api').catch(() => undefined);
  await shared.inspect('api').catch(() => undefined);
  expect(asked).toEqual(['find', 'find', 'inspect', 'inspect']);
});
