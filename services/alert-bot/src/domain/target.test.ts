import { describe, expect, test } from 'vitest';
import { stricter } from './playbook.ts';
import { type OptIn, parseBudget, readOptIn } from './target.ts';

const NOTHING: OptIn = { enabled: false, mode: null, cooldown: null, budget: null, playbooks: null };

describe('readOptIn', () => {
  test.each<[labels: Record<string, string>, expected: Partial<OptIn>]>([
    [{}, {}],
    [{ 'com.docker.compose.service': 'api', enable: 'true' }, {}],
    [{ 'alert-bot.enable': 'true' }, { enabled: true }],
    [{ 'alert-bot.enable': 'false' }, { enabled: false }],
    [{ 'alert-bot.mode': 'observe' }, { mode: 'observe' }],
    [{ 'alert-bot.mode': 'approve' }, { mode: 'approve' }],
    [{ 'alert-bot.mode': 'act' }, { mode: 'act' }],
    [{ 'alert-bot.cooldown': '5m' }, { cooldown: 300_000 }],
    [{ 'alert-bot.cooldown': '0' }, { cooldown: 0 }],
    [{ 'alert-bot.budget': '2 per 1h' }, { budget: { attempts: 2, per: 3_600_000 } }],
    [{ 'alert-bot.playbooks': 'one' }, { playbooks: ['one'] }],
    [{ 'alert-bot.playbooks': ' one, two ' }, { playbooks: ['one', 'two'] }],
    // An empty list allows none; it is not "not set".
    [{ 'alert-bot.playbooks': '' }, { playbooks: [''] }],
  ])('G11: %j', (labels, expected) => {
    expect(readOptIn(labels)).toEqual({ ...NOTHING, ...expected });
  });

  test.each<[label: string, value: string, remedy: string]>([
    ['enable', 'yes', 'write "true" or "false"'],
    ['enable', 'True', 'write "true" or "false"'],
    ['enable', '', 'write "true" or "false"'],
    ['enable', ' true', 'write "true" or "false"'],
    ['mode', 'Act', 'write one of observe, approve, act'],
    ['mode', '', 'write one of observe, approve, act'],
    ['mode', 'ask', 'write one of observe, approve, act'],
    ['cooldown', '5', 'write a duration such as 5m'],
    ['cooldown', '', 'write a duration such as 5m'],
    ['cooldown', 'forever', 'write a duration such as 5m'],
    ['budget', '3', 'write a budget such as "2 per 1h"'],
    ['budget', '', 'write a budget such as "2 per 1h"'],
    ['budget', '0 per 1h', 'write a budget such as "2 per 1h"'],
    ['budget', '3 per 0', 'write a budget such as "2 per 1h"'],
  ])('G11: alert-bot.%s=%j blocks and says the remedy', (label, value, remedy) => {
    const read = readOptIn({ 'alert-bot.enable': 'true', [`alert-bot.${label}`]: value });
    expect(read).toEqual({ invalid: `label alert-bot.${label}="${value}": ${remedy}` });
  });
});

test.each<[text: string, expected: ReturnType<typeof parseBudget>]>([
  ['3 per 30m', { attempts: 3, per: 1_800_000 }],
  [' 6 per 24h ', { attempts: 6, per: 86_400_000 }],
  ['1 per 1h30m', { attempts: 1, per: 5_400_000 }],
  ['3 per', undefined],
  ['per 30m', undefined],
  ['-1 per 30m', undefined],
  ['1.5 per 30m', undefined],
  ['3 per 30', undefined],
  ['3 per 30m 6 per 24h', undefined],
  ['3/30m', undefined],
  ['0 per 30m', undefined],
])('G4: the budget %j', (text, expected) => {
  expect(parseBudget(text)).toEqual(expected);
});

test('G13: of two modes the stricter one', () => {
  expect(stricter('observe', 'act')).toBe('observe');
  expect(stricter('act', 'observe')).toBe('observe');
  expect(stricter('act', 'act')).toBe('act');
});
