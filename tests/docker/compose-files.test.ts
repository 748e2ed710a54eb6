import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOptIn } from '../../services/alert-bot/src/domain/target.ts';
import type { ComposeConfig, Service } from './support/compose-config.ts';
import { ComposeProject, repository, requireEngine } from './support/compose-project.ts';

const GiB = 1024 ** 3;

/** The one that makes the secrets, and ends. */
const ONE_SHOTS = ['tokens'];
/** Who runs as root, with the capabilities that are left to it. */
const ROOT: Record<string, string[]> = {
  tokens: ['CHOWN', 'DAC_OVERRIDE'],
  'socket-proxy': [],
  'alert-bot-socket-proxy': [],
};

const files = [
  { file: 'docker-compose.yml', env: {} },
  {
    file: 'deploy/alert-bot.compose.yml',
    env: { ALERTMANAGER_URL: 'http://alertmanager:9093', PROMETHEUS_URL: 'http://prometheus:9090' },
  },
];

beforeAll(requireEngine);

describe.each(files)('$file', ({ file, env }) => {
  let config: ComposeConfig;
  let all: [name: string, service: Service][];
  let lasting: [name: string, service: Service][];

  beforeAll(async () => {
    config = await new ComposeProject(file, env, 'shop-config').config();
    all = Object.entries(config.services);
    lasting = all.filter(([name]) => !ONE_SHOTS.includes(name));
    expect(all.length).toBeGreaterThan(1);
  });

  /** The names of the services for which this does not hold. */
  const except = (holds: (service: Service, name: string) => boolean, of = all) =>
    of.filter(([name, service]) => !holds(service, name)).map(([name]) => name);

  test('every image is built here or pinned to a version', () => {
    expect(except(({ build, image }) => build !== undefined || /:v?\d+[\w.-]*$/.test(image ?? ''))).toEqual(
      [],
    );
  });

  test('G12: nobody has root’s powers, and root is only who has to be', () => {
    expect(except(({ user }, name) => (user === '0:0') === name in ROOT)).toEqual([]);
    expect(except(({ user }) => /^\d+:\d+$/.test(user ?? ''))).toEqual([]);
    expect(except(({ cap_drop, privileged }) => cap_drop.join() === 'ALL' && privileged !== true)).toEqual(
      [],
    );
    expect(except(({ cap_add }, name) => cap_add.join() === (ROOT[name] ?? []).join())).toEqual([]);
    expect(except(({ security_opt }) => security_opt.includes('no-new-privileges:true'))).toEqual([]);
    expect(except(({ read_only }) => read_only === true)).toEqual([]);
    expect(except(({ network_mode }) => network_mode === undefined || network_mode === 'none')).toEqual([]);
  });

  test('G12: only the proxy has the engine’s socket, and only the bot is on its network, which has no way out', () => {
    const socket = '/var/run/docker.sock';
    const holders = all.filter(([, { volumes }]) =>
      volumes.some(({ source }) => source?.endsWith('docker.sock')),
    );
    expect(holders.map(([name]) => name.replace('alert-bot-', ''))).toEqual(['socket-proxy']);
    const [[, proxy] = []] = holders;
    expect(proxy?.volumes).toMatchObject([{ source: socket, target: socket, read_only: true }]);
    expect(proxy?.ports).toEqual([]);

    const [network = '', ...others] = Object.keys(proxy?.networks ?? {});
    expect(others).toEqual([]);
    expect(config.networks[network]).toMatchObject({ internal: true });
    const neighbours = all.filter(([, service]) => network in service.networks).map(([name]) => name);
    expect(neighbours.filter((name) => !name.endsWith('socket-proxy'))).toEqual(['alert-bot']);
  });

  test('G12: the proxy lets through exactly what deploy/socket-proxy/allow-list.env says', () => {
    const listed = readFileSync(join(repository, 'deploy/socket-proxy/allow-list.env'), 'utf8')
      .split('\n')
      .filter((line) => /^\w/.test(line));
    const [, proxy] = all.find(([name]) => name.endsWith('socket-proxy')) ?? [];
    expect(Object.entries(proxy?.environment ?? {}).map(([key, value]) => `${key}=${value}`)).toEqual(
      listed.toSorted(),
    );
    expect(proxy?.command).toEqual(['-listenip=0.0.0.0', '-allowfrom=alert-bot', '-allowhealthcheck']);
  });

  test('no port is open to another machine', () => {
    expect(except(({ ports }) => ports.every(({ host_ip }) => host_ip === '127.0.0.1'))).toEqual([]);
  });

  test('every limit is set, and together they are the cores and half the memory of a machine with 2 cores and 4 GB', () => {
    const limited = ({ mem_limit = 0, cpus = 0, pids_limit = 0 }: Service) =>
      mem_limit * cpus * pids_limit > 0;
    expect(except(limited)).toEqual([]);
    const sum = (value: (service: Service) => number | undefined) =>
      lasting.reduce((total, [, service]) => total + (value(service) ?? 0), 0);
    expect(sum(({ mem_limit }) => mem_limit)).toBeLessThanOrEqual(2 * GiB);
    expect(sum(({ cpus }) => cpus)).toBeLessThanOrEqual(2.0001);
    expect(sum(({ pids_limit }) => pids_limit)).toBeLessThanOrEqual(1_024);
  });

  test('every log is bounded, and in the driver that evidence is read from', () => {
    const bounded = ({ logging }: Service) =>
      logging?.driver === 'json-file' && Boolean(logging.options['max-size'] && logging.options['max-file']);
    expect(except(bounded)).toEqual([]);
  });

  test('every service that lasts comes back by itself and has a health check that 20.10 knows', () => {
    expect(except(({ restart }) => restart === 'unless-stopped', lasting)).toEqual([]);
    expect(except(({ healthcheck }) => healthcheck !== undefined, lasting)).toEqual([]);
    expect(readFileSync(join(repository, file), 'utf8')).not.toContain('start_interval');
  });

  test('every dependency waits for a condition that it can reach', () => {
    const reachable = (name: string, condition: string) =>
      condition === (ONE_SHOTS.includes(name) ? 'service_completed_successfully' : 'service_healthy');
    const wrong = ({ depends_on }: Service) =>
      Object.entries(depends_on).filter(([name, { condition }]) => !reachable(name, condition));
    expect(except((service) => wrong(service).length === 0)).toEqual([]);
  });

  test('no secret stands in it', () => {
    const secretive = all.flatMap(([name, { environment }]) =>
      Object.entries(environment)
        .filter(([key, value]) => /pass|secret|token/i.test(key) && !value.startsWith('/'))
        .map(([key]) => `${name} ${key}`),
    );
    expect(secretive).toEqual([]);
    const addresses = all.flatMap(([, { environment }]) => Object.values(environment));
    expect(addresses.filter((value) => /:\/\/[^/@]*:[^/@]*@/.test(value))).toEqual([]);
  });

  test('G3: the bot may take longer to stop than evidence, the stop it asked for and the engine’s delay', () => {
    const seconds = Number(/^(\d+)s$/.exec(config.services['alert-bot']?.stop_grace_period ?? '')?.[1]);
    expect(seconds).toBeGreaterThan(3 + 10 + 15);
  });
});

describe('docker-compose.yml', () => {
  let config: ComposeConfig;
  beforeAll(async () => {
    config = await new ComposeProject('docker-compose.yml', {}, 'shop-config').config();
  });

  test('is the project shop', () => {
    expect(readFileSync(join(repository, 'docker-compose.yml'), 'utf8')).toMatch(/^name: shop$/m);
  });

  test('G11: only the api and its gateway are opted in, the database is not', () => {
    const enabled = Object.entries(config.services).filter(
      ([, { labels }]) => labels['alert-bot.enable'] === 'true',
    );
    expect(enabled.map(([name]) => name).toSorted()).toEqual(['api', 'payments']);
  });

  test('G11: nothing that is protected depends on what is opted in, which would protect it too', () => {
    const reached = new Set(['alert-bot', 'socket-proxy', 'prometheus', 'alertmanager']);
    for (const name of reached)
      for (const next of Object.keys(config.services[name]?.depends_on ?? {})) reached.add(next);
    for (const name of ['api', 'payments']) expect(reached).not.toContain(name);
  });

  test('G7: the api depends on what its requests need, so that it is not restarted for them', () => {
    expect(config.services['api']?.depends_on).toMatchObject({
      payments: { condition: 'service_healthy' },
      postgres: { condition: 'service_healthy' },
    });
  });

  test('payments is reached by the api and Prometheus only, and reaches nothing outside', () => {
    const [network = '', ...others] = Object.keys(config.services['payments']?.networks ?? {});
    expect(others).toEqual([]);
    expect(config.networks[network]).toMatchObject({ internal: true });
    const members = Object.entries(config.services).filter(([, { networks }]) => network in networks);
    expect(members.map(([name]) => name).toSorted()).toEqual(['api', 'payments', 'prometheus']);
  });

  test('its ports are those that people and the documentation know', () => {
    const published = Object.entries(config.services).flatMap(([name, { ports }]) =>
      ports.map((port) => `${name} ${port.published}:${port.target}`),
    );
    expect(published.toSorted()).toEqual([
      'alert-bot 5000:5000',
      'alertmanager 9093:9093',
      'api 8000:8000',
      'prometheus 9090:9090',
    ]);
  });

  test('the api reaches neither the bot nor Alertmanager, which has no password', () => {
    const networks = (name: string) => Object.keys(config.services[name]?.networks ?? {});
    for (const other of ['alert-bot', 'alertmanager', 'socket-proxy'])
      expect(networks('api').filter((network) => networks(other).includes(network))).toEqual([]);
  });
});

describe('deploy/alert-bot.compose.yml', () => {
  const text = readFileSync(join(repository, 'deploy/alert-bot.compose.yml'), 'utf8');

  test('asks for two variables, and says so when one is missing', async () => {
    expect([...new Set([...text.matchAll(/\$\{(\w+):\?/g)].map((match) => match[1]))]).toEqual([
      'ALERTMANAGER_URL',
      'PROMETHEUS_URL',
    ]);
    const project = new ComposeProject(
      'deploy/alert-bot.compose.yml',
      { PROMETHEUS_URL: 'http://p:9090' },
      'x',
    );
    await expect(project.config()).rejects.toThrow('ALERTMANAGER_URL');
  });

  test('shows the same routes as alertmanager.yml', () => {
    const essence = (yaml: string) =>
      [
        ...yaml.matchAll(
          /^[#\s]*(?:- )?(matchers|group_by|group_wait|group_interval|repeat_interval|continue): *([^#\n]*)/gm,
        ),
      ]
        .map(([, key, value]) => `${key}: ${value?.trim()}`)
        .join('\n');
    const shipped = readFileSync(join(repository, 'alertmanager.yml'), 'utf8');
    const routes = shipped.slice(shipped.indexOf('  routes:'), shipped.indexOf('receivers:'));
    expect(essence(text.slice(0, text.indexOf('services:')))).toBe(essence(routes));
  });

  test('names five labels, with values that the bot takes', () => {
    const head = text.slice(0, text.indexOf('x-hardened'));
    const found = [...head.matchAll(/^# +(alert-bot\.[a-z]+): *'?([^'\n]*?)'?(?: +#.*)?$/gm)];
    const labels = Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]));
    expect(Object.keys(labels)).toHaveLength(5);
    expect(readOptIn(labels)).toEqual({
      enabled: true,
      mode: 'observe',
      cooldown: 600_000,
      budget: { attempts: 2, per: 3_600_000 },
      playbooks: ['restart-on-errors', 'restart-when-down'],
    });
  });

  test('begins with mode observe', () => {
    expect(readFileSync(join(repository, 'deploy/observe.yml'), 'utf8')).toMatch(
      /^defaults:\n {2}mode: observe( +#.*)?$/m,
    );
    expect(text).toContain('ALERT_BOT_OVERRIDES: /etc/alert-bot/observe.yml');
  });
});
