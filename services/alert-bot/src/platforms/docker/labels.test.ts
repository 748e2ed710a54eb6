import { describe, expect, test } from 'vitest';
import { readOptIn } from '../../domain/target.ts';
import { mergeLabels } from './labels.ts';

const on = { 'alert-bot.enable': 'true' };

describe('G11: containers of one service that disagree', () => {
  test('are enabled only if all say so', () => {
    expect(readOptIn(mergeLabels([on, on]))).toMatchObject({ enabled: true });
    expect(readOptIn(mergeLabels([on, {}]))).toMatchObject({ enabled: false });
    expect(readOptIn(mergeLabels([{}, on]))).toMatchObject({ enabled: false });
    expect(readOptIn(mergeLabels([on, { 'alert-bot.enable': 'false' }]))).toMatchObject({ enabled: false });
    expect(readOptIn(mergeLabels([on, { 'alert-bot.enable': 'yes' }]))).toHaveProperty('invalid');
  });

  test('are narrowed by what one of them says', () => {
    expect(readOptIn(mergeLabels([on, { ...on, 'alert-bot.mode': 'observe' }]))).toMatchObject({
      mode: 'observe',
    });
  });

  test.each(['mode', 'cooldown', 'budget', 'playbooks', 'depends-on'])('are refused over %s', (name) => {
    const of = (value: string) => ({ ...on, [`alert-bot.${name}`]: value });
    const merged = mergeLabels([of('a'), of('b')]);
    expect(readOptIn(merged)).toMatchObject({ invalid: expect.stringContaining(`alert-bot.${name}`) });
  });

  test('and are not enabled, stay so', () => {
    expect(mergeLabels([{ 'alert-bot.mode': 'act' }, { 'alert-bot.mode': 'observe' }])).toEqual({});
  });
});

test('other labels are shown where all have them', () => {
  expect(
    mergeLabels([
      { team: 'shop', n: '1' },
      { team: 'shop', n: '2' },
    ]),
  ).toEqual({ team: 'shop' });
  expect(mergeLabels([])).toEqual({});
});
