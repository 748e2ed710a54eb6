import { describe, expect, test } from 'vitest';
import { redact } from './redact.ts';

describe('G9: what looks like a secret is not kept', () => {
  test.each([
    ['a URL', 'postgres://app:hunter2@db:5432/app', 'postgres://app:***@db:5432/app'],
    ['a URL, an @ in the password', 'amqp://app:hun@ter2@mq/', 'amqp://app:***@mq/'],
    ['a bearer token', 'sent Bearer hunter2hunter2 on', 'sent Bearer *** on'],
    ['a header', 'Authorization: Basic aHVudGVyMg==', 'Authorization: ***'],
    ['a cookie, all of it', 'cookie: a=hunter2; session=hunter3', 'cookie: ***'],
    ['an assignment', 'DB_PASSWORD=hunter2 started', 'DB_PASSWORD=*** started'],
    ['a quoted one', `password: 'hunter2 hunter3', next`, 'password: ***, next'],
    ['JSON', '{"api_key":"hunter2","a":1}', '{"api_key":***,"a":1}'],
    ['JSON, a quote in it', String.raw`{"password":"hun\"ter2","a":1}`, '{"password":***,"a":1}'],
    [
      'JSON in JSON',
      String.raw`{"msg":"got {\"password\":\"hunter2\",\"a\":1}"}`,
      String.raw`{"msg":"got {\"password\":***,\"a\":1}"}`,
    ],
    ['a cloud key', 'AWS_SECRET_ACCESS_KEY=hunter2', 'AWS_SECRET_ACCESS_KEY=***'],
    ['a long one', `{"token":"${'x'.repeat(9_000)}"}`, '{"token":***"}'],
    ['a key in a query', 'GET /?apikey=hunter2&a=1', 'GET /?apikey=***&a=1'],
    [
      'a private key',
      'a -----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY----- b',
      'a ***private key*** b',
    ],
    ['a private key without its end', 'a -----BEGIN PRIVATE KEY-----\nhunter2', 'a ***private key***'],
  ])('%s', (_, text, kept) => {
    expect(redact(text)).toBe(kept);
  });

  test.each([
    'GET /transactions 200 12 ms',
    'password reset requested for user 7',
    'see https://example.org/docs:8080/page',
    '2026-01-31T12:00:00Z token bucket is empty',
  ])('stays: %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

test.each([
  ['letters', 'ab'],
  ['words', 'a.'],
  ['dashes', 'a-'],
  ['schemes', 'a://'],
  ['colons', 'a://b:'],
  ['beginnings', '-----BEGIN PRIVATE KEY----- '],
  ['backslashes', 'password\\'],
  ['cookies', 'cookie:'],
  ['spaces', 'password     '],
])('G9: bounded in time: a megabyte of %s', (_, unit) => {
  const text = unit.repeat(1_048_576 / unit.length);
  const began = performance.now();
  redact(text);
  expect(performance.now() - began).toBeLessThan(1_000);
});
