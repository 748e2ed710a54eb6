// Long because it is one table of payloads, good and bad, with the sentence that each bad one gets.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../domain/alert.ts';
import { bodyOf, insertDelivery } from '../store/deliveries.ts';
import { aDelivery, NOON, temporaryLog } from '../testing/log.ts';
import { PayloadError, parsePayload } from './payload.ts';

const parse = (data: unknown) => parsePayload(JSON.stringify(data), NOON);

function refusalOf(body: string): { field: string; message: string } {
  try {
    parsePayload(body, NOON);
  } catch (error) {
    if (error instanceof PayloadError) return { field: error.field, message: error.message };
    throw error;
  }
  throw new Error('it was taken');
}

/** As Alertmanager 0.25 sends it. */
const V4 = {
  receiver: 'alert-bot',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'HighErrorRate', service: 'api', severity: 'critical' },
      annotations: { summary: 'half of the requests fail' },
      startsAt: '2026-01-31T11:59:30.123456789Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph?g0.expr=up&g0.tab=1',
      fingerprint: '1c2d3e4f5a6b7c8d',
    },
  ],
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: { alertname: 'HighErrorRate', service: 'api', severity: 'critical' },
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}/{remediation="auto"}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
};

describe('a payload of Alertmanager', () => {
  test.each([
    ['0.25', V4],
    ['0.33, with keys of its own', { ...V4, notification_reason: 'group_changed', routeID: '{}/x/0' }],
    ['a later one, with keys in an alert', { ...V4, alerts: [{ ...V4.alerts[0], silenceURL: 'http://x' }] }],
  ])('%s', (_, payload) => {
    expect(parse(payload)).toEqual({
      source: 'alertmanager',
      groupKey: V4.groupKey,
      rejected: [],
      truncated: 0,
      alerts: [
        {
          index: 0,
          alert: {
            // Derived from the labels, whatever was sent.
            fingerprint: fingerprint({ alertname: 'HighErrorRate', service: 'api', severity: 'critical' }),
            status: 'firing',
            labels: { alertname: 'HighErrorRate', service: 'api', severity: 'critical' },
            annotations: { summary: 'half of the requests fail' },
            startsAt: Date.UTC(2026, 0, 31, 11, 59, 30, 123),
            endsAt: null,
            generatorURL: 'http://prometheus:9090/graph?g0.expr=up&g0.tab=1',
          },
        },
      ],
    });
  });

  test('that left alerts out says how many', () => {
    expect(parse({ ...V4, truncatedAlerts: 7 }).truncated).toBe(7);
  });

  test.each(['3', 4, '5', null])('of version %j is refused by name', (version) => {
    expect(refusalOf(JSON.stringify({ ...V4, version }))).toEqual({
      field: 'version',
      message: 'version: only version "4" of Alertmanager\'s webhook is known',
    });
  });
});

describe('the short form', () => {
  const labels = { alertname: 'HighErrorRate', service: 'api' };
  const short = {
    fingerprint: fingerprint(labels),
    status: 'firing',
    labels,
    annotations: {},
    startsAt: NOON,
    endsAt: null,
    generatorURL: '',
  };
  const resolved = { ...short, status: 'resolved', endsAt: NOON };

  test.each([
    ['alone', { status: 'firing', labels }, short],
    ['alone, with labels only', { labels }, short],
    ['alone, resolved', { status: 'resolved', labels }, resolved],
    ['in alerts', { alerts: [{ status: 'firing', labels }] }, short],
    ['in alerts, with the status of all', { status: 'resolved', alerts: [{ labels }] }, resolved],
    ['with a status of its own', { status: 'resolved', alerts: [{ status: 'firing', labels }] }, short],
  ])('%s', (_, payload, alert) => {
    expect(parse(payload)).toEqual({
      source: 'manual',
      groupKey: null,
      alerts: [{ index: 0, alert }],
      rejected: [],
      truncated: 0,
    });
  });

  test('with no alert in it', () => {
    expect(parse({ alerts: [] })).toMatchObject({ alerts: [], rejected: [] });
  });
});

describe('a payload that cannot be used is refused whole, with a sentence', () => {
  const SEND = `send Alertmanager's payload, {"alerts":[…]}, or one alert: {"status":"firing","labels":{…}}`;
  test.each([
    ['nothing', '', '(body)', 'the body is not JSON: Unexpected end of JSON input'],
    ['no JSON', '{"alerts":[', '(body)', /^the body is not JSON: /],
    ['text', 'HighErrorRate', '(body)', /^the body is not JSON: /],
    ['form data', 'status=firing', '(body)', /^the body is not JSON: /],
    ['an array', '[]', '(body)', `(body): ${SEND}`],
    ['null', 'null', '(body)', `(body): ${SEND}`],
    ['a number', '7', '(body)', `(body): ${SEND}`],
    ['a string', '"firing"', '(body)', `(body): ${SEND}`],
    ['an empty object', '{}', 'alerts', `alerts: ${SEND}`],
    ['alerts that are none', '{"alerts":{}}', 'alerts', `alerts: ${SEND}`],
    ['alerts that are null', '{"alerts":null,"labels":{"a":"b"}}', 'alerts', `alerts: ${SEND}`],
    [
      'an odd status of all',
      '{"status":"fire","alerts":[]}',
      'status',
      'status: write "firing" or "resolved"',
    ],
    ['a groupKey that is no text', '{"groupKey":1,"alerts":[]}', 'groupKey', /^groupKey: /],
  ])('%s', (_, body, field, message) => {
    const refusal = refusalOf(body);
    expect(refusal.field).toBe(field);
    if (typeof message === 'string') expect(refusal.message).toBe(message);
    else expect(refusal.message).toMatch(message);
  });

  test('of more alerts than anything could look at', () => {
    const alerts = Array(10_001).fill({ labels: { a: 'b' } });
    expect(refusalOf(JSON.stringify({ alerts }))).toEqual({
      field: 'alerts',
      message:
        'alerts: 10001 are too many for one delivery; send at most 10000, with max_alerts or a narrower group_by',
    });
    expect(parse({ alerts: alerts.slice(1) }).alerts).toHaveLength(10_000);
  });

  test('of megabytes of brackets, before they are parsed', () => {
    const deep = `{"labels":${'['.repeat(7_000_000)}`;
    expect(refusalOf(deep).message).toMatch(
      /^\(body\): it nests deeper than 1000 levels; send Alertmanager's/,
    );
    // In a string they are text.
    const { rejected } = parsePayload(JSON.stringify({ labels: { a: '["{\\'.repeat(300_000) } }), NOON);
    expect(rejected).toMatchObject([{ field: 'labels' }]);
  });

  test('deeply nested, without running out of stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(refusalOf(deep).field).toBe('(body)');
    expect(parsePayload(`{"alerts":[{"labels":{"a":${deep}}}]}`, NOON).rejected).toHaveLength(1);
  });
});

describe('a bad alert is rejected alone, by index and field', () => {
  const good = { labels: { alertname: 'Good' } };
  test.each([
    [
      'no object',
      7,
      '',
      'an alert is an object such as {"status":"firing","labels":{"alertname":"HighErrorRate"}}',
    ],
    [
      'null',
      null,
      '',
      'an alert is an object such as {"status":"firing","labels":{"alertname":"HighErrorRate"}}',
    ],
    [
      'no labels',
      { status: 'firing' },
      '.labels',
      'labels are an object of strings such as {"alertname":"HighErrorRate","service":"api"}',
    ],
    ['empty labels', { labels: {} }, '.labels', 'an alert has at least one label'],
    ['a label that is a number', { labels: { port: 80 } }, '.labels.port', 'a label value is a string'],
    ['a label that is null', { labels: { a: 'b', c: null } }, '.labels.c', 'a label value is a string'],
    [
      'labels in a list',
      { labels: ['a'] },
      '.labels',
      'labels are an object of strings such as {"alertname":"HighErrorRate","service":"api"}',
    ],
    [
      'too many labels',
      { labels: Object.fromEntries(Array.from({ length: 251 }, (_, i) => [`l${i}`, ''])) },
      '.labels',
      'over 250 are too many; send at most 250',
    ],
    [
      'endless labels',
      { labels: { a: 'x'.repeat(65_536) } },
      '.labels',
      '65537 characters are too many; send at most 65536 in all',
    ],
    [
      'a long name of a number',
      { labels: { ['n'.repeat(500)]: 1 } },
      `.labels.${'n'.repeat(100)}`,
      'a label value is a string',
    ],
    [
      'endless annotations',
      { ...good, annotations: { a: 'x'.repeat(262_144) } },
      '.annotations',
      '262145 characters are too many; send at most 262144 in all',
    ],
    ['an odd status', { ...good, status: 'Firing' }, '.status', 'write "firing" or "resolved"'],
    ['a bad time', { ...good, startsAt: 'noon' }, '.startsAt', 'write a time such as 2026-01-31T12:00:00Z'],
    [
      'a day that is none',
      { ...good, startsAt: '2026-02-30T12:00:00Z' },
      '.startsAt',
      'write a time such as 2026-01-31T12:00:00Z',
    ],
    [
      'a time without a zone',
      { ...good, startsAt: '2026-01-31T12:00:00' },
      '.startsAt',
      'write a time such as 2026-01-31T12:00:00Z',
    ],
    ['a time as a number', { ...good, endsAt: 1 }, '.endsAt', 'write a time such as 2026-01-31T12:00:00Z'],
    [
      'an annotation that is none',
      { ...good, annotations: { a: 1 } },
      '.annotations.a',
      'an annotation is a string',
    ],
  ])('%s', (_, bad, path, message) => {
    const { alerts, rejected } = parse({ alerts: [good, bad, good] });
    expect(alerts.map(({ index }) => index)).toEqual([0, 2]);
    const field = `alerts.1${path}`;
    expect(rejected).toEqual([{ index: 1, field, message: `${field}: ${message}` }]);
  });

  test('sent alone its field has no index', () => {
    expect(parse({ labels: { a: 1 } }).rejected).toEqual([
      { index: 0, field: 'labels.a', message: 'labels.a: a label value is a string' },
    ]);
  });
});

describe('times', () => {
  const at = (alert: Record<string, string>) =>
    parse({ alerts: [{ labels: { a: 'b' }, ...alert }] }).alerts[0]?.alert;
  const FUTURE = '2026-01-31T12:04:00Z';

  test('a firing alert has no end, although Alertmanager sends one in the future', () => {
    expect(at({ status: 'firing', endsAt: FUTURE })?.endsAt).toBeNull();
    expect(at({ status: 'resolved', endsAt: FUTURE })?.endsAt).toBe(Date.parse(FUTURE));
  });

  test('Go’s zero time is a time', () => {
    expect(at({ status: 'firing', startsAt: '0001-01-01T00:00:00Z' })?.startsAt).toBe(
      Date.parse('0001-01-01T00:00:00Z'),
    );
  });

  test('zones and nanoseconds are read', () => {
    expect(at({ startsAt: '2026-01-31T13:00:00.5+01:00' })?.startsAt).toBe(NOON + 500);
    expect(at({ startsAt: '2026-01-31T12:00:00.000000001Z' })?.startsAt).toBe(NOON);
  });
});

test('labels of any text survive the way to disk and back', () => {
  const labels = {
    quotes: ' " \' ` \\ ',
    lines: 'a\r\nb\u2028c',
    long: 'ä'.repeat(5_120),
    nul: 'a\0b',
    emoji: '🧯👩🏽‍🚒',
    rtl: '\u202eעברית العربية\u202c',
    'häß-lich': 'UTF-8 names are allowed since Prometheus 3',
    constructor: 'toString',
  };
  using log = temporaryLog();
  const body = JSON.stringify({ labels });
  insertDelivery(log.db, aDelivery('d', { body }));
  expect(bodyOf(log.db, 'd')).toBe(body);
  expect(parsePayload(bodyOf(log.db, 'd'), NOON).alerts).toMatchObject([
    { alert: { labels, fingerprint: fingerprint(labels) } },
  ]);
});

describe('whatever is sent', () => {
  test('any JSON is taken or refused in words, never with another error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parse(value);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
        }
      }),
    );
  });

  test('any text as well', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parsePayload(text, NOON);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
        }
      }),
    );
  });

  const alert = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        status: fc.oneof(fc.constantFrom('firing', 'resolved'), fc.jsonValue()),
        labels: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
        annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
        startsAt: fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          fc.jsonValue(),
        ),
        fingerprint: fc.oneof(fc.stringMatching(/^[0-9a-f]{16}$/), fc.jsonValue()),
      },
      { requiredKeys: ['labels'] },
    ),
  );

  test('every alert is accepted or rejected, none lost, none twice', () => {
    fc.assert(
      fc.property(fc.array(alert, { maxLength: 20 }), (alerts) => {
        const { alerts: accepted, rejected } = parse({ alerts });
        const indices = [...accepted, ...rejected].map(({ index }) => index);
        expect(indices.toSorted((a, b) => a - b)).toEqual(alerts.map((_, i) => i));
        for (const { field, message } of rejected) expect(message.startsWith(`${field}: `)).toBe(true);
        for (const { alert: one } of accepted) {
          expect(one.fingerprint).toMatch(/^[0-9a-f]{16}$/);
          expect(Object.keys(one.labels).length).toBeGreaterThan(0);
          expect(Number.isFinite(one.startsAt)).toBe(true);
        }
      }),
    );
  });

  test('what is read again at triage, or after a crash, is what was accepted', () => {
    fc.assert(
      fc.property(fc.array(alert, { maxLength: 5 }), (alerts) => {
        const body = JSON.stringify({ alerts });
        expect(parsePayload(body, NOON)).toEqual(parsePayload(body, NOON));
      }),
    );
  });
});
