import { expect, test } from 'vitest';
import type { AlertReading, CurrentAlert } from '../domain/signals.ts';
import { stateOf } from './facts.ts';

const NOW = 1_000_000;
const alert = (state: CurrentAlert['state']): CurrentAlert => ({
  fingerprint: 'f',
  status: 'firing',
  labels: { alertname: 'A' },
  annotations: {},
  startsAt: 0,
  endsAt: null,
  generatorURL: '',
  state,
  suppressedBy: ['silence-1'],
});
const reading = (uptime: number, ...alerts: CurrentAlert[]): AlertReading => ({
  at: NOW,
  alerts: new Map(alerts.map((one) => [one.fingerprint, one])),
  uptime,
  failures: [],
});
const episode = (source: 'manual' | 'alertmanager', openedAt = NOW) => ({
  fingerprint: 'f',
  source,
  openedAt,
});
const LONG_UP = 90_000;

// Each row: where the alert came from, what Alertmanager has, and what that means.
test.each([
  ['alertmanager', reading(LONG_UP, alert('active')), 'firing'],
  ['alertmanager', reading(LONG_UP, alert('unprocessed')), 'firing'],
  ['alertmanager', reading(LONG_UP, alert('silenced')), 'silenced'],
  ['alertmanager', reading(LONG_UP, alert('inhibited')), 'inhibited'],
  ['alertmanager', reading(LONG_UP), 'absent'],
  // Just restarted: it may not know its alerts yet.
  ['alertmanager', reading(LONG_UP - 1), 'unknown'],
  ['manual', reading(LONG_UP), 'firing'],
  ['manual', null, 'firing'],
  // G13: whoever silenced the alert meant it, whoever else sent it by hand.
  ['manual', reading(LONG_UP, alert('silenced')), 'silenced'],
] as const)('an alert of %s: %#', (source, seen, state) => {
  expect(stateOf(episode(source), seen, NOW).state).toBe(state);
});

test('one sent by hand is over after five minutes', () => {
  expect(stateOf(episode('manual', NOW - 299_999), null, NOW).state).toBe('firing');
  expect(stateOf(episode('manual', NOW - 300_000), null, NOW).state).toBe('absent');
});
