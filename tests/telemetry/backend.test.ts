import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { type Api, startApi } from '../support/api.ts';
import { createHeapProbe, type HeapProbe } from '../support/heap.ts';
import { flatOut, quantile } from '../support/load.ts';
import { type Behaviour, type OtlpReceiver, startOtlpReceiver } from '../support/otlp.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';

const nowhere = 'http://127.0.0.1:9';
/** A span and a log record each, and nothing of the database, so that a busy machine keeps up. */
const shot = () => ({ method: 'GET', path: '/no-such-route' }) as const;

describe('whatever becomes of the backend', () => {
  let postgres: Postgres;
  let receiver: OtlpReceiver;
  let probe: HeapProbe;
  let api: Api;
  const ask = (requests: number) => flatOut(api.url, shot, { connections: 4, requests });

  beforeAll(async () => {
    [postgres, receiver] = await Promise.all([startPostgres(), startOtlpReceiver()]);
    probe = createHeapProbe();
    const env = {
      ...probe.env,
      // Small queues are full after the warm-up: what is kept beyond them shows.
      OTEL_BSP_MAX_QUEUE_SIZE: '128',
      OTEL_BLRP_MAX_QUEUE_SIZE: '128',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    };
    api = await startApi(postgres.url, nowhere, { env, forgetful: true });
    // Compiles what is hot, which is no leak either.
    await ask(1_000);
  });
  afterAll(async () => {
    await api?.stop();
    await Promise.all([postgres?.stop(), receiver?.stop()]);
    probe?.remove();
  });

  test.each<[string, Behaviour | undefined]>([
    ['refuses', { kind: 'refuse' }],
    ['takes 2 s', { kind: 'slow', ms: 2_000 }],
    ['hangs', { kind: 'hang' }],
    ['is away', undefined],
  ])(
    'the service answers, and keeps no more than its queues, where it %s',
    async (_, behaviour) => {
      if (behaviour === undefined) await receiver.stop();
      else receiver.behaviour = behaviour;
      await ask(300);
      const before = await probe.measure(api.pid());
      const result = await ask(1_000);
      const after = await probe.measure(api.pid());
      expect(Object.fromEntries(result.statuses)).toEqual({ 404: 1_000 });
      // Far from what waiting for such a backend takes, also on a busy machine.
      expect(quantile(result, 0.5)).toBeLessThan(1_000);
      // Without a bound, 1000 spans and records of 3 kB together would be 3 MB. A slope needs minutes: soak.long.test.ts.
      expect((after.heap - before.heap) / 1e6).toBeLessThan(1);
    },
    90_000,
  );
});

test('what was kept is sent when the backend is there again', async () => {
  const receiver = await startOtlpReceiver();
  const postgres = await startPostgres();
  receiver.behaviour = { kind: 'refuse' };
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  const api = await startApi(postgres.url, nowhere, { env });
  try {
    await fetch(`${api.url}/transactions`);
    await until(() => receiver.asked > 0, { what: 'an export that is refused' });
    receiver.behaviour = { kind: 'accept' };
    await until(() => receiver.spans.some(({ name }) => name === 'GET /transactions'), {
      what: 'the span to be sent again',
    });
  } finally {
    await Promise.all([api.stop(), postgres.stop(), receiver.stop()]);
  }
}, 90_000);
