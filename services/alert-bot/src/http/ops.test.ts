import { expect, test } from 'vitest';
import { createMetrics, NO_INCIDENTS } from '../observe/metrics.ts';
import { notesAbout, opsRoutes } from './ops.ts';

const METRICS = createMetrics({
  incidents: () => NO_INCIDENTS,
  pendingDeliveries: () => 0,
  heartbeatAt: () => 0,
  paused: () => false,
  writable: () => true,
  standings: async () => [],
});

test('/readyz tells problems and notes as sentences, in their order, and nothing of what they are about', async () => {
  const notes = [
    ...notesAbout('playbooks', ['the playbook file is wrong', 'twice']),
    ...notesAbout('heartbeat', []),
    ...notesAbout('pauses', ['a person paused all']),
  ];
  const problems: string[] = [];
  const app = opsRoutes(METRICS, { problems: () => problems, notes: () => notes });
  const ready = await app.request('/readyz');
  expect([ready.status, await ready.text()]).toEqual([
    200,
    '{"status":"ready","problems":[],"notes":["the playbook file is wrong","twice","a person paused all"]}',
  ]);
  problems.push('the bot is stopping');
  const busy = await app.request('/readyz');
  expect([busy.status, await busy.text()]).toEqual([
    503,
    '{"status":"not_ready","problems":["the bot is stopping"],"notes":["the playbook file is wrong","twice","a person paused all"]}',
  ]);
});
