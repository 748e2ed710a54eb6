import { expect, test } from 'vitest';
import { pairUp } from './pair.ts';
import { story } from './story.fixture.ts';

const at = (seconds: number, change: Parameters<typeof story>[0] = {}) =>
  story({ openedAt: seconds * 1_000, ...change });
const brief = (pairs: ReturnType<typeof pairUp>) =>
  pairs.map(({ was, now }) => [was && was.openedAt / 1_000, now && now.openedAt / 1_000]);

test('the same target at the same time is one pair, up to 45 s apart', () => {
  expect(brief(pairUp([at(0), at(100)], [at(45), at(146)]))).toEqual([
    [0, 45],
    [100, null],
    [null, 146],
  ]);
});

test('the nearest are a pair, also where an earlier one would reach as far', () => {
  expect(brief(pairUp([at(0), at(40)], [at(40)]))).toEqual([
    [0, null],
    [40, 40],
  ]);
  expect(brief(pairUp([at(0), at(40)], [at(10), at(38), at(41)]))).toEqual([
    [0, 10],
    [null, 38],
    [40, 41],
  ]);
});

test('what one file made one of and the other two is one pair and one that stands alone', () => {
  expect(brief(pairUp([at(0)], [at(1), at(30)]))).toEqual([
    [0, 1],
    [null, 30],
  ]);
});

test('without a target it is about its service, or else its name; a storm is about none', () => {
  const nameless = { target: null, service: null };
  expect(brief(pairUp([at(0, { target: null })], [at(0, { target: null, title: 'Other' })]))).toEqual([
    [0, 0],
  ]);
  expect(brief(pairUp([at(0, nameless)], [at(0, { ...nameless, title: 'Other' })]))).toEqual([
    [0, null],
    [null, 0],
  ]);
  // The past had no target for the service that the other file finds one for.
  expect(brief(pairUp([at(0, { target: null })], [at(0, { target: 'api' })]))).toEqual([[0, 0]]);
  const storm = { isStorm: true };
  expect(brief(pairUp([at(0, storm)], [at(0), at(20, { ...storm, target: 'x', service: 'x' })]))).toEqual([
    [0, 20],
    [null, 0],
  ]);
});

test('pairs come in the order of time, whatever the order of both', () => {
  const pairs = pairUp([at(300), at(0), at(200)], [at(100), at(201)]);
  expect(brief(pairs)).toEqual([
    [0, null],
    [null, 100],
    [200, 201],
    [300, null],
  ]);
});
