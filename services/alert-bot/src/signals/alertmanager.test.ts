// Long because each state of an alert, and of a cluster of two peers, is made on real Alertmanagers.
import { randomUUID } from 'node:crypto';
import { freePort } from '@shop/service/testing/free-port';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tool } from '../../../../scripts/tools.ts';
import { tie } from '../../../supervisor/src/lifeline.ts';
import { fingerprint, type Labels } from '../domain/alert.ts';
import { type OutgoingAlert, SignalError } from '../domain/signals.ts';
import { createAlertmanager } from './alertmanager.ts';
import { always, startFake } from './testing/fake.ts';
import { type Server, startServer } from './testing/server.ts';

const CONFIG = `
route: { receiver: nobody, group_by: ['...'] }
receivers: [{ name: nobody }]
inhibit_rules:
  - source_matchers: ['alertname="HostDown"']
    target_matchers: ['alertname="ServiceDown"']
    equal: ['host']
`;

const servers = new AsyncDisposableStack();
let one: Server;
let two: Server;

async function startAlertmanager(prefix: string): Promise<Server> {
  const server = await startServer({
    program: await tool('alertmanager'),
    files: { 'alertmanager.yml': CONFIG },
    prefix,
    args: (folder, address) => [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=${address}`,
      `--web.route-prefix=${prefix}`,
      '--cluster.listen-address=',
    ],
    tie,
  });
  return servers.use(server);
}

beforeAll(async () => {
  // Not a cluster: what one knows the other does not, which is how peers that lost each other look.
  [one, two] = await Promise.all([startAlertmanager('/'), startAlertmanager('/alertmanager/')]);
});
afterAll(() => servers.disposeAsync());

/** An alert of its own for each test, so that tests share the servers. */
function anAlert(labels: Labels = {}): OutgoingAlert {
  const now = Date.now();
  return {
    labels: { alertname: 'HighErrorRate', test: randomUUID(), ...labels },
    annotations: { summary: 'too many errors' },
    startsAt: now - 1_000,
    endsAt: now + 600_000,
    generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
  };
}

async function silence(server: Server, alert: OutgoingAlert): Promise<string> {
  const response = await fetch(new URL('api/v2/silences', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      matchers: [{ name: 'test', value: alert.labels['test'], isRegex: false }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 600_000).toISOString(),
      createdBy: 'test',
      comment: 'test',
    }),
  });
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'silenceID' in body) return String(body.silenceID);
  throw new Error(`no silence: ${JSON.stringify(body)}`);
}

const now = () => Date.now();
const reading = (...urls: URL[]) => createAlertmanager(urls).read(now());
const find = async (alert: OutgoingAlert, ...urls: URL[]) =>
  (await reading(...urls)).alerts.get(fingerprint(alert.labels));
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

describe('an alert at one Alertmanager', () => {
  test('is active with its labels and start, and its future endsAt is dropped', async () => {
    const alert = anAlert();
    await createAlertmanager([one.url]).send([alert]);
    await eventually(async () =>
      expect(await find(alert, one.url)).toEqual({
        fingerprint: fingerprint(alert.labels),
        status: 'firing',
        labels: alert.labels,
        annotations: alert.annotations,
        startsAt: alert.startsAt,
        endsAt: null,
        generatorURL: alert.generatorURL,
        state: 'active',
        suppressedBy: [],
      }),
    );
  });

  test('is absent once its end is sent', async () => {
    const alert = anAlert();
    await createAlertmanager([one.url]).send([alert]);
    await eventually(async () => expect(await find(alert, one.url)).toBeDefined());
    await createAlertmanager([one.url]).send([{ ...alert, endsAt: now() }]);
    await eventually(async () => expect(await find(alert, one.url)).toBeUndefined());
  });

  test('is silenced by the silence that names it', async () => {
    const alert = anAlert();
    await createAlertmanager([one.url]).send([alert]);
    const id = await silence(one, alert);
    await eventually(async () =>
      expect(await find(alert, one.url)).toMatchObject({ state: 'silenced', suppressedBy: [id] }),
    );
  });

  test('is inhibited by the alert that inhibits it', async () => {
    const host = randomUUID();
    const source = anAlert({ alertname: 'HostDown', host });
    const target = anAlert({ alertname: 'ServiceDown', host });
    await createAlertmanager([one.url]).send([source, target]);
    await eventually(async () =>
      expect(await find(target, one.url)).toMatchObject({
        state: 'inhibited',
        suppressedBy: [fingerprint(source.labels)],
      }),
    );
    expect(await find(source, one.url)).toMatchObject({ state: 'active' });
  });

  test('that is silenced and inhibited reads as silenced: a person said so', async () => {
    const host = randomUUID();
    const target = anAlert({ alertname: 'ServiceDown', host });
    await createAlertmanager([one.url]).send([anAlert({ alertname: 'HostDown', host }), target]);
    await eventually(async () => expect(await find(target, one.url)).toMatchObject({ state: 'inhibited' }));
    const id = await silence(one, target);
    await eventually(async () =>
      expect(await find(target, one.url)).toMatchObject({ state: 'silenced', suppressedBy: [id] }),
    );
  });

  test('is sent and read under a base path, with or without its last slash', async () => {
    const alert = anAlert();
    const bare = new URL(two.url.href.replace(/\/$/, ''));
    await createAlertmanager([bare]).send([alert]);
    await eventually(async () => expect(await find(alert, bare)).toMatchObject({ state: 'active' }));
  });
});

describe('several peers', () => {
  test('get every alert that is sent', async () => {
    const alert = anAlert();
    await createAlertmanager([one.url, two.url]).send([alert]);
    await eventually(async () => {
      expect(await find(alert, one.url)).toBeDefined();
      expect(await find(alert, two.url)).toBeDefined();
    });
  });

  test('an alert that only one knows is in the reading', async () => {
    const alert = anAlert();
    await createAlertmanager([two.url]).send([alert]);
    await eventually(async () =>
      expect(await find(alert, one.url, two.url)).toMatchObject({ state: 'active' }),
    );
  });

  test('an alert is active until it is silenced at both', async () => {
    const alert = anAlert();
    await createAlertmanager([one.url, two.url]).send([alert]);
    const first = await silence(one, alert);
    await eventually(async () => expect(await find(alert, one.url)).toMatchObject({ state: 'silenced' }));
    await eventually(async () => expect(await find(alert, two.url)).toMatchObject({ state: 'active' }));
    expect(await find(alert, one.url, two.url)).toMatchObject({ state: 'active', suppressedBy: [] });
    expect(await find(alert, two.url, one.url)).toMatchObject({ state: 'active', suppressedBy: [] });

    const second = await silence(two, alert);
    await eventually(async () =>
      expect(await find(alert, one.url, two.url)).toMatchObject({
        state: 'silenced',
        suppressedBy: [first, second],
      }),
    );
  });

  test('one that is down is named, the others are read and sent to', async () => {
    const down = new URL(`http://127.0.0.1:${await freePort()}/`);
    const alert = anAlert();
    await createAlertmanager([down, one.url]).send([alert]);
    await eventually(async () => expect(await find(alert, down, one.url)).toBeDefined());
    const { failures } = await reading(down, one.url);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(`Alertmanager ${down.href}: not reachable: connect ECONNREFUSED`);
  });

  test('one that hangs is given up after its time, beside the others', async () => {
    await using hanging = await startFake(() => {});
    const started = now();
    const { failures } = await createAlertmanager([hanging.url, one.url], { atMost: 200 }).read(now());
    expect(failures).toEqual([`Alertmanager ${hanging.url.href}: no answer within 200 ms`]);
    expect(now() - started).toBeLessThan(2_000);
  });

  test('all down is an error that names each, for reading and for sending', async () => {
    const urls = [await freePort(), await freePort()].map((port) => new URL(`http://127.0.0.1:${port}/`));
    const alertmanager = createAlertmanager(urls);
    for (const asked of [alertmanager.read(now()), alertmanager.send([anAlert()])]) {
      const error = await asked.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(SignalError);
      for (const url of urls) expect(String(error)).toContain(url.href);
    }
  });

  test('none at all is refused when it is created', () => {
    expect(() => createAlertmanager([])).toThrow('name at least one peer');
  });
});

describe('uptime', () => {
  test('is counted from the start of the process to the given now', async () => {
    const at = now();
    const first = await createAlertmanager([one.url]).read(at);
    const later = await createAlertmanager([one.url]).read(at + 90_000);
    expect(first.uptime).toBeGreaterThan(0);
    expect(first.uptime).toBeLessThan(120_000);
    expect(later.uptime - first.uptime).toBe(90_000);
  });

  test('is short where the peer restarted during the reading, so that absent stays unknown', async () => {
    let restarted = false;
    await using peer = await startFake((request, response) => {
      const listed = [{ fingerprint: 'f', labels: {}, annotations: {}, startsAt: '2020-01-01T00:00:00Z' }];
      const status = { state: 'active', silencedBy: [], inhibitedBy: [] };
      const alerts = restarted ? [] : listed.map((alert) => ({ ...alert, status }));
      const uptime = restarted ? new Date().toISOString() : '2020-01-01T00:00:00Z';
      // It restarts once it has answered for the first time.
      restarted = true;
      response.end(JSON.stringify(request.url?.includes('status') ? { uptime } : alerts));
    });
    const { alerts, uptime } = await reading(peer.url);
    expect({ known: alerts.has('f'), young: uptime < 90_000 }).toEqual({ known: true, young: true });
  });

  test('is that of the youngest peer', async () => {
    await using old = await startFake((request, response) => {
      response.end(request.url?.includes('status') ? '{"uptime":"2020-01-01T00:00:00.123456789Z"}' : '[]');
    });
    const alone = await reading(old.url);
    const both = await reading(old.url, one.url);
    expect(alone.uptime).toBeGreaterThan(365 * 24 * 3_600_000);
    expect(both.uptime).toBeLessThan(120_000);
  });
});

describe('an answer that is not Alertmanager as we know it', () => {
  const listed = { fingerprint: 'f', labels: {}, annotations: {}, startsAt: '2020-01-01T00:00:00Z' };
  const status = { silencedBy: [], inhibitedBy: [] };

  async function answering(alerts: unknown) {
    const fake = await startFake((request, response) => {
      const body = request.url?.includes('status') ? { uptime: '2020-01-01T00:00:00Z', new: 1 } : alerts;
      response.end(JSON.stringify(body));
    });
    await using _ = fake;
    return await reading(fake.url);
  }

  test('a newer one is read: unknown keys pass, muted counts as silenced', async () => {
    const muted = { ...status, state: 'suppressed', mutedBy: ['night'], other: 1 };
    const { alerts } = await answering([{ ...listed, status: muted, other: 1 }]);
    expect(alerts.get('f')).toMatchObject({ state: 'silenced', suppressedBy: ['night'], generatorURL: '' });
  });

  test('an unknown state is an error that names the place, never "not firing"', async () => {
    const asked = answering([{ ...listed, status: { ...status, state: 'asleep' } }]);
    await expect(asked).rejects.toThrow(/shape this bot does not know: 0\.status\.state/);
  });

  test("a proxy's page is an error that shows it", async () => {
    await using proxy = await startFake(always(200, '<html>log in</html>', 'text/html'));
    await expect(reading(proxy.url)).rejects.toThrow(
      'not JSON; check that the URL names its API: <html>log in',
    );
  });

  test("a refusal is an error with the server's words", async () => {
    await using refusing = await startFake(always(400, '"bad alerts"'));
    await expect(createAlertmanager([refusing.url]).send([anAlert()])).rejects.toThrow(
      'answered 400 to api/v2/alerts: bad alerts',
    );
  });
});

test('a password in the URL is sent and never shown', async () => {
  let authorization: string | undefined;
  await using locked = await startFake((request, response) => {
    authorization = request.headers.authorization;
    response.writeHead(401).end('who are you?');
  });
  const url = new URL(locked.url);
  url.username = 'bot';
  url.password = 'pa:ss word';
  const error: unknown = await reading(url).catch((reason: unknown) => reason);
  expect(authorization).toBe(`Basic ${Buffer.from('bot:pa:ss word').toString('base64')}`);
  expect(String(error)).toContain('answered 401');
  expect(String(error)).not.toMatch(/pa:ss|pa%3Ass/);
});
