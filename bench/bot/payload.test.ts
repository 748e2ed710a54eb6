import { expect, test } from 'vitest';
import { parsePayload } from '../../services/alert-bot/src/intake/payload.ts';
import { DIGITS, fill, webhookBody, webhookRequest } from './payload.ts';

const content = {
  alerts: 10,
  service: 'checkout',
  alertname: 'Flood',
  status: 'firing',
  byHand: false,
} as const;

test('ten alerts are about 6 kB, and the bot takes them as Alertmanager would send them', () => {
  const body = webhookBody(content);
  expect(body.length).toBeGreaterThan(5_500);
  expect(body.length).toBeLessThan(7_000);
  expect(parsePayload(body, 0)).toMatchObject({ source: 'alertmanager', rejected: [] });
  expect(parsePayload(webhookBody({ ...content, byHand: true }), 0)).toMatchObject({ source: 'manual' });
});

test('each request is about alerts of its own, and of the length that its head names', () => {
  const request = webhookRequest(webhookBody(content), 'a-token');
  const fingerprints = new Set<string>();
  for (let next = 0; next < 100; ) {
    next = fill(request, next);
    const [head = '', body = ''] = request.bytes.toString().split('\r\n\r\n');
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(head).toContain('authorization: Bearer a-token');
    for (const { alert } of parsePayload(body, 0).alerts) fingerprints.add(alert.fingerprint);
  }
  expect(fingerprints.size).toBe(100);
});

test('a number has its place whole', () => {
  const request = webhookRequest(webhookBody({ ...content, alerts: 1 }), 'a-token');
  fill(request, 7);
  expect(request.bytes.toString()).toContain(`"${'7'.padStart(DIGITS, '0')}"`);
});
