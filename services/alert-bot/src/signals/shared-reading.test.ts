import { expect, test } from 'vitest';
import { type AlertmanagerPort, type AlertReading, SignalError } from '../domain/signals.ts';
import { shareReadings } from './shared-reading.ts';

function shared(fails: boolean) {
  const state = { asked: 0, at: 0, fails };
  const port: AlertmanagerPort = {
    send: async () => [],
    async read(now): Promise<AlertReading> {
      state.asked += 1;
      if (state.fails) throw new SignalError('no answer');
      return { at: now, alerts: new Map(), uptime: 1_000_000, failures: [] };
    },
  };
  return { state, port: shareReadings(port, () => state.at) };
}

test('who asks at the same time shares one reading, who asks later gets a fresh one', async () => {
  const { state, port } = shared(false);
  await Promise.all([port.read(0), port.read(0), port.read(0)]);
  await port.read(0);
  expect(state.asked).toBe(1);
  state.at += 200;
  await port.read(1);
  expect(state.asked).toBe(2);
});

test('an Alertmanager that is away is not asked again for each incident', async () => {
  const { state, port } = shared(true);
  await expect(port.read(0)).rejects.toThrow('no answer');
  state.at += 1_999;
  await expect(port.read(0)).rejects.toThrow('no answer');
  expect(state.asked).toBe(1);
  state.at += 1;
  state.fails = false;
  await port.read(0);
  expect(state.asked).toBe(2);
});
