import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { freePorts, type Ports } from '../../scripts/stack/ports.ts';
import { until } from '../../scripts/stack/until.ts';
import { ComposeProject, docker, requireEngine } from './support/compose-project.ts';

const MB = 1_000_000;
const MiB = 1024 ** 2;

describe('docker compose up', () => {
  let ports: Ports;
  let project: ComposeProject;

  beforeAll(async () => {
    await requireEngine();
    ports = await freePorts();
    const env = {
      API_PORT: String(ports.api),
      BOT_PORT: String(ports.bot),
      PROMETHEUS_PORT: String(ports.prometheus),
      ALERTMANAGER_PORT: String(ports.alertmanager),
    };
    project = new ComposeProject('docker-compose.yml', env, 'shop-up');
    await project.up('--build');
  });
  afterAll(() => project?.down());

  const secret = async (service: string, file: string) => (await project.exec(service, 'cat', file)).trim();
  const ask = async (part: keyof Ports, path: string) => {
    const response = await fetch(`http://127.0.0.1:${ports[part]}${path}`);
    return { status: response.status, text: await response.text() };
  };

  test('everything is healthy, and the one-shot has ended well', async () => {
    const states = [...(await project.containers())].map(
      ([name, { State }]) => `${name} ${State.Status} ${State.Health?.Status ?? State.ExitCode}`,
    );
    expect(states.toSorted()).toEqual([
      'alert-bot running healthy',
      'alertmanager running healthy',
      'api running healthy',
      'payments running healthy',
      'postgres running healthy',
      'prometheus running healthy',
      'socket-proxy running healthy',
      'tokens exited 0',
    ]);
  });

  test('the api keeps transactions in the database', async () => {
    const made = await fetch(`http://127.0.0.1:${ports.api}/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount: 1250, currency: 'EUR', description: 'tea' }),
    });
    // One in twenty fails at the gateway, one in fifty is declined; all are kept.
    expect([201, 402, 502]).toContain(made.status);
    expect((await ask('api', '/transactions')).text).toContain('"tea"');
    expect((await ask('api', '/health')).status).toBe(200);
  });

  test('Prometheus scrapes every part of it', async () => {
    const shape = z.object({
      data: z.object({
        activeTargets: z.array(z.object({ health: z.string(), labels: z.object({ job: z.string() }) })),
      }),
    });
    const down = () =>
      ask('prometheus', '/api/v1/targets?state=active').then(({ text }) =>
        shape.parse(JSON.parse(text)).data.activeTargets.filter(({ health }) => health !== 'up'),
      );
    await until(async () => (await down()).length === 0, { what: 'every scrape to succeed' });
  });

  test('Prometheus sends to Alertmanager, and what Alertmanager sends gets past the bot’s token', async () => {
    const shape = z.object({
      data: z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })) }),
    });
    const peers = shape.parse(JSON.parse((await ask('prometheus', '/api/v1/alertmanagers')).text)).data;
    expect(peers.activeAlertmanagers).toEqual([{ url: 'http://alertmanager:9093/api/v2/alerts' }]);

    const url = '--alertmanager.url=http://127.0.0.1:9093';
    const alert = ['alertname=ComposeTest', 'remediation=auto', 'service=nobody'];
    await project.exec('alertmanager', 'amtool', 'alert', 'add', ...alert, url);
    const delivered = async () => {
      const { text } = await ask('bot', '/metrics');
      return [...text.matchAll(/^alert_bot_deliveries_total\S* (\d+)/gm)].some(
        ([, count]) => Number(count) > 0,
      );
    };
    await until(delivered, { what: 'the alert to reach the bot', everyMs: 200 });
  });

  test('G12: the bot’s command prints each token, and the two differ', async () => {
    const tokens = await Promise.all(
      ['webhook', 'admin'].map((kind) => project.exec('alert-bot', 'alert-bot', 'token', kind)),
    );
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}\n$/);
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  test('the faults token that the README names opens /faults', async () => {
    const token = await secret('api', '/run/api/faults-token');
    const answer = async (bearer: string) => {
      const headers = { authorization: `Bearer ${bearer}` };
      return (await fetch(`http://127.0.0.1:${ports.api}/faults`, { headers })).status;
    };
    expect(await answer(token)).toBe(200);
    expect(await answer('x')).toBe(401);
  });

  test('G12: only its owner can read a secret, and docker inspect and the logs show none', async () => {
    const found = await Promise.all(
      [
        ['alert-bot', '/var/lib/alert-bot/tokens/webhook', '10002'],
        ['alert-bot', '/var/lib/alert-bot/tokens/admin', '10002'],
        ['alertmanager', '/run/alert-bot/tokens/webhook', '65534'],
        ['api', '/run/api/faults-token', '10003'],
        ['api', '/run/api/database-password', '10003'],
        ['payments', '/run/payments/faults-token', '10004'],
        ['postgres', '/run/postgres-secrets/password', '999'],
      ].map(async ([service = '', file = '', owner = '']) => {
        expect((await project.exec(service, 'stat', '-c', '%u:%g %a', file)).trim()).toBe(
          `${owner}:${owner} 600`,
        );
        return secret(service, file);
      }),
    );
    expect(new Set(found).size).toBe(5);
    const ids = (await project.compose('ps', '--all', '--quiet')).trim().split('\n');
    const shown = (await docker(['inspect', ...ids])) + (await project.compose('logs', '--no-color'));
    for (const one of found) expect(shown).not.toContain(one);
  });

  test('on another start every secret stays, and Alertmanager’s copy follows a rotation', async () => {
    const bot = '/var/lib/alert-bot/tokens/webhook';
    const copy = () => secret('alertmanager', '/run/alert-bot/tokens/webhook');
    const old = await copy();
    await project.compose('up', '--no-deps', 'tokens');
    expect(await copy()).toBe(old);
    expect(await secret('alert-bot', bot)).toBe(old);

    await project.exec('alert-bot', 'sh', '-c', `printf '# new\\nnew-token\\n%s\\n' ${old} > ${bot}`);
    await project.compose('up', '--no-deps', 'tokens');
    expect(await copy()).toBe('new-token');
    expect(await secret('alert-bot', bot)).toContain(old);
  });

  test.each(['api', 'payments', 'alert-bot'])(
    'G12: %s is node itself, without powers, tools or a place to write',
    async (name) => {
      const [executable, status, tools, written] = await Promise.all(
        [
          'readlink /proc/1/exe',
          'cat /proc/1/status',
          'command -v npm npx corepack yarn cc gcc make python3 curl; true',
          'touch /app/x /etc/x /usr/local/bin/x 2>&1; true',
        ].map((command) => project.exec(name, 'sh', '-c', command)),
      );
      expect(executable?.trim()).toBe('/usr/local/bin/node');
      expect(status).toMatch(/^Uid:\s+1000[234]\s/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(tools?.trim()).toBe('');
      expect(written?.match(/Read-only file system/g)).toHaveLength(3);
    },
  );

  test('G12: the api reaches neither Alertmanager nor the bot nor the proxy', async () => {
    for (const address of ['alertmanager/9093', 'alert-bot/5000', 'socket-proxy/2375'])
      await expect(project.exec('api', 'bash', '-c', `exec 3<>/dev/tcp/${address}`)).rejects.toThrow(
        'failed',
      );
    await project.exec('api', 'bash', '-c', 'exec 3<>/dev/tcp/postgres/5432');
  });

  test('G12: payments reaches the database, the bot and Alertmanager even less', async () => {
    const addresses = ['postgres/5432', 'alertmanager/9093', 'alert-bot/5000', 'socket-proxy/2375'];
    const tried = addresses.map((address) =>
      project.exec('payments', 'bash', '-c', `exec 3<>/dev/tcp/${address}`),
    );
    // At once: where there is no way out, it takes ten seconds until a name is given up.
    expect((await Promise.allSettled(tried)).map(({ status }) => status)).toEqual(
      addresses.map(() => 'rejected'),
    );
    await project.exec('payments', 'bash', '-c', 'exec 3<>/dev/tcp/payments/8010');
  });

  test('the command faults breaks and mends payments, and says what is wrong', async () => {
    expect(await project.exec('payments', 'faults', '{"kind":"errors","rate":0}')).toContain(
      '{"faults":[{"kind":"errors","rate":0}]}',
    );
    expect(await project.exec('payments', 'faults')).toContain('"rate":0');
    await expect(project.exec('payments', 'faults', '{"kind":"panic"}')).rejects.toThrow('give kind');
    expect(await project.exec('payments', 'faults', 'clear')).toContain('{"faults":[]}');
  });

  test('no port is open to another machine, and no data lies in a volume without a name', async () => {
    for (const { HostConfig, Mounts, Name } of (await project.containers()).values()) {
      const bound = Object.values(HostConfig.PortBindings).flat();
      expect(bound.filter(({ HostIp }) => HostIp !== '127.0.0.1')).toEqual([]);
      const volumes = Mounts.filter(({ Type }) => Type === 'volume').map((mount) => mount.Name ?? '');
      expect(
        volumes.filter((volume) => !volume.startsWith(`${project.name}_`)),
        Name,
      ).toEqual([]);
    }
  });

  test('idle, the bot, the api and payments are at most 120 MB resident', async () => {
    for (const name of ['api', 'payments', 'alert-bot']) {
      const container = `${project.name}-${name}-1`;
      const shown = await docker(['stats', '--no-stream', '--format', '{{.MemUsage}}', container]);
      const [, number, unit] = /^([\d.]+)(KiB|MiB|GiB) /.exec(shown) ?? [];
      expect(unit).toBe('MiB');
      const status = await project.exec(name, 'cat', '/proc/1/status');
      const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
      console.log(`${name}: ${number} ${unit} by docker stats, ${Math.round(resident / MB)} MB resident`);
      expect(Number(number) * MiB).toBeLessThanOrEqual(120 * MB);
    }
  });

  test('the images of the bot, the api and payments are at most 350 MB', async () => {
    for (const name of ['api', 'payments', 'alert-bot']) {
      const bytes = Number(
        await docker(['image', 'inspect', '--format', '{{.Size}}', `${project.name}-${name}`]),
      );
      console.log(`${name}: image ${Math.round(bytes / MB)} MB`);
      expect(bytes).toBeLessThanOrEqual(350 * MB);
    }
  });

  // The last one: it takes the stack away and brings it up anew.
  test('down -v leaves nothing, and from built images it is up within 30 s', async () => {
    await project.compose('down', '--volumes');
    expect(await project.leftovers()).toMatchObject({ containers: [], volumes: [], networks: [] });

    const began = performance.now();
    await project.up();
    const seconds = (performance.now() - began) / 1_000;
    console.log(`up --wait from built images: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThanOrEqual(30);

    await project.down();
    expect(await project.leftovers()).toEqual({ containers: [], volumes: [], networks: [], images: [] });
  });
});
