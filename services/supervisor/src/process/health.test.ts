import { expect, test } from 'vitest';
import { afterProbe, FIRST_HEALTH } from './health.ts';

const RULES = { retries: 3, startPeriodMs: 1000 };

/** Probes one after another: `+` and `-` inside the start period, `P` and `F` after it. */
function statusAfter(probes: string) {
  let state = FIRST_HEALTH;
  for (const probe of probes) {
    const result = { at: '', ok: probe === '+' || probe === 'P', output: probe };
    state = afterProbe(state, result, RULES, probe === '+' || probe === '-' ? 999 : 1000);
  }
  return state;
}

test.for([
  ['', 'starting'],
  // Failures in the start period do not count, however many.
  ['------', 'starting'],
  ['-----FF', 'starting'],
  ['-----FFF', 'unhealthy'],
  ['+', 'healthy'],
  // Once healthy, the start period is over.
  ['+---', 'unhealthy'],
  ['PFF', 'healthy'],
  // In a row: one success starts the count again.
  ['PFFPFF', 'healthy'],
  ['PFFF', 'unhealthy'],
  ['FFFP', 'healthy'],
] as const)('after %s it is %s', ([probes, status]) => {
  expect(statusAfter(probes).status).toBe(status);
});

test('the log holds the last five', () => {
  expect(
    statusAfter('PFPFPFF')
      .log.map(({ output }) => output)
      .join(''),
  ).toBe('PFPFF');
});
