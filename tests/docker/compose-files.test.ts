// Long because each promise about the shipped compose files is a case of its own.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../services/alert-bot/src/config/env.ts';
import { readOptIn } from '../../services/alert-bot/src/domain/target.ts';
import type { ComposeConfig, Service } from './support/compose-config.ts';
import { ComposeProject, repository, requireEngine } from './support/compose-project.ts';

const GiB = 1024 ** 3;

/** Those that prepare something, and end. */
const ONE_SHOTS = ['tokens', 'postgres-monitoring'];
/** Who runs as root, with the capabilities that are left to it. */
const ROOT: Record<string, string[]> = {
  tokens: ['CHOWN', 'DAC_OVERRIDE'],
  'socket-proxy': [],
  'alert-bot-socket-proxy': [],
  'alloy-socket-proxy': [],
  'cadvisor-socket-proxy': [],
  cadvisor: [],
};
/** Each that has the engine's socket, whom it serves, and its list. Nobody else has the socket. */
const PROXIES: Record<string, { client: string; list: string }> = {
  'socket-proxy': { client: 'alert-bot', list: 'allow-list.env' },
  'alert-bot-socket-proxy': { client: 'alert-bot', list: 'allow-list.env' },
  'alloy-socket-proxy': { client: 'alloy', list: 'alloy.env' },
  'cadvisor-socket-proxy': { client: 'cadvisor', list: 'cadvisor.env' },
};
/** Without a check here: the image of the first can run none, that of the second brings its own. */
const UNCHECKED = ['otel-collector', 'cadvisor'];
/** What is in an image that can run a check by a shell, or by a program that comes with one. */
const WITH_SHELL =
  /^(postgres|prom\/(prometheus|alertmanager|node-exporter|blackbox-exporter)|grafana\/(grafana|alloy)|quay\.io\/prometheuscommunity\/postgres-exporter):/;

const files = [
  { name: 'docker-compose.yml', file: 'docker-compose.yml', env: {}, memory: 2 * GiB, cpus: 2 },
  {
    name: 'docker-compose.yml with the profile all',
    file: 'docker-compose.yml',
    env: { COMPOSE_PROFILES: 'all' },
    memory: 4 * GiB - 1,
    // Promised more than once: most of it idles while one part works.
    cpus: 5,
  },
  {
    name: 'deploy/alert-bot.compose.yml',
    file: 'deploy/alert-bot.compose.yml',
    env: { ALERTMANAGER_URL: 'http://alertmanager:9093', PROMETHEUS_URL: 'http://prometheus:9090' },
    memory: 2 * GiB,
    cpus: 2,
  },
];

beforeAll(requireEngine);

describe.each(files)('$name', ({ file, env, memory, cpus }) => {
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

  test('every file that is mounted or read exists', () => {
    const sources = all.flatMap(([, { volumes }]) =>
      volumes.flatMap(({ type, source }) => (type === 'bind' && source !== undefined ? [source] : [])),
    );
    const ours = sources.filter((source) => source.startsWith(repository));
    expect(ours.filter((source) => !existsSync(source))).toEqual([]);
  });

  test('G12: only proxies have the engine’s socket, each on a network of its own with the one that it serves', () => {
    const socket = '/var/run/docker.sock';
    const holders = all.filter(([, { volumes }]) =>
      volumes.some(({ source }) => source?.endsWith('docker.sock')),
    );
    expect(holders.length).toBeGreaterThan(0);
    for (const [name, proxy] of holders) {
      expect(proxy.volumes).toMatchObject([{ source: socket, target: socket, read_only: true }]);
      expect(proxy.ports).toEqual([]);
      const [network = '', ...others] = Object.keys(proxy.networks);
      expect(others).toEqual([]);
      expect(config.networks[network]).toMatchObject({ internal: true });
      const neighbours = all.filter(([, service]) => network in service.networks).map(([other]) => other);
      expect(neighbours.filter((other) => other !== name)).toEqual([PROXIES[name]?.client]);
    }
  });

  test('G12: nothing else can reach the socket through a folder, but one that has no right to use it', () => {
    const reaching = all.filter(([, { volumes }]) =>
      volumes.some(({ type, source }) => type === 'bind' && /^\/(var(\/run)?|run)?$/.test(source ?? '')),
    );
    for (const [, service] of reaching) {
      expect(service.user).toBe('65534:65534');
      expect(service.volumes.every(({ read_only }) => read_only === true)).toBe(true);
    }
    expect(reaching.map(([name]) => name)).toEqual(
      'node-exporter' in config.services ? ['node-exporter'] : [],
    );
  });

  test('G12: each proxy lets through exactly what its list in deploy/socket-proxy says', () => {
    for (const [name, { environment, command }] of all.filter(([name]) => name in PROXIES)) {
      const { client = '', list = '' } = PROXIES[name] ?? {};
      const listed = readFileSync(join(repository, 'deploy/socket-proxy', list), 'utf8')
        .split('\n')
        .filter((line) => /^\w/.test(line));
      expect(Object.entries(environment).map(([key, value]) => `${key}=${value}`)).toEqual(listed.toSorted());
      expect(command).toEqual(['-listenip=0.0.0.0', `-allowfrom=${client}`, '-allowhealthcheck']);
    }
  });

  test('no port is open to another machine', () => {
    expect(except(({ ports }) => ports.every(({ host_ip }) => host_ip === '127.0.0.1'))).toEqual([]);
  });

  test('every limit is set, and together they are no more than the machine that it is for has', () => {
    const limited = ({ mem_limit = 0, cpus = 0, pids_limit = 0 }: Service) =>
      mem_limit * cpus * pids_limit > 0;
    expect(except(limited)).toEqual([]);
    const sum = (value: (service: Service) => number | undefined) =>
      lasting.reduce((total, [, service]) => total + (value(service) ?? 0), 0);
    expect(sum(({ mem_limit }) => mem_limit)).toBeLessThanOrEqual(memory);
    expect(sum(({ cpus }) => cpus)).toBeLessThanOrEqual(cpus + 0.0001);
    expect(sum(({ pids_limit }) => pids_limit)).toBeLessThanOrEqual(2_048);
  });

  test('every log is bounded, and in the driver that evidence is read from', () => {
    const bounded = ({ logging }: Service) =>
      logging?.driver === 'json-file' && Boolean(logging.options['max-size'] && logging.options['max-file']);
    expect(except(bounded)).toEqual([]);
  });

  test('every service that lasts comes back by itself and has a health check that 20.10 knows', () => {
    expect(except(({ restart }) => restart === 'unless-stopped', lasting)).toEqual([]);
    const unchecked = except(({ healthcheck }) => healthcheck !== undefined, lasting);
    expect(unchecked.filter((name) => !UNCHECKED.includes(name))).toEqual([]);
    expect(readFileSync(join(repository, file), 'utf8')).not.toContain('start_interval');
  });

  test('every check can pass: where an image has no shell, it runs the image’s own program', () => {
    const checked = all.filter(([, { healthcheck }]) => healthcheck !== undefined);
    const needsShell = ({ healthcheck }: Service) => {
      const [kind, program = ''] = healthcheck?.test ?? [];
      return kind === 'CMD-SHELL' || /^(ba)?sh$|wget|curl|pg_isready/.test(program);
    };
    const wrong = checked.filter(
      ([, service]) =>
        service.build === undefined && needsShell(service) && !WITH_SHELL.test(service.image ?? ''),
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
    expect(except(({ healthcheck }) => /^CMD(-SHELL)?$/.test(healthcheck?.test[0] ?? 'CMD'))).toEqual([]);
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

describe.each([
  { profile: '', opted: ['api', 'payments'] },
  { profile: 'all', opted: ['api', 'payments'] },
])('docker-compose.yml, profile "$profile"', ({ profile, opted }) => {
  let config: ComposeConfig;
  beforeAll(async () => {
    const env = { COMPOSE_PROFILES: profile };
    config = await new ComposeProject('docker-compose.yml', env, 'shop-config').config();
  });
  const members = (network: string) =>
    Object.entries(config.services)
      .filter(([, { networks }]) => network in networks)
      .map(([name]) => name)
      .toSorted();

  test('is the project shop', () => {
    expect(readFileSync(join(repository, 'docker-compose.yml'), 'utf8')).toMatch(/^name: shop$/m);
  });

  test('G11: only the api and its gateway are opted in, the database is not', () => {
    const enabled = Object.entries(config.services).filter(
      ([, { labels }]) => labels['alert-bot.enable'] === 'true',
    );
    expect(enabled.map(([name]) => name).toSorted()).toEqual(opted);
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

  test('payments is reached by the api and by what watches, and reaches nothing outside', () => {
    const [network = '', ...others] = Object.keys(config.services['payments']?.networks ?? {});
    expect(others).toEqual([]);
    expect(config.networks[network]).toMatchObject({ internal: true });
    const watching = profile === 'all' ? ['blackbox-exporter', 'otel-collector'] : [];
    expect(members(network)).toEqual(['api', 'payments', 'prometheus', ...watching].toSorted());
  });

  test('its ports are those that people and the documentation know', () => {
    const published = Object.entries(config.services).flatMap(([name, { ports }]) =>
      ports.map((port) => `${name} ${port.published}:${port.target}`),
    );
    expect(published.toSorted()).toEqual([
      'alert-bot 5000:5000',
      'alertmanager 9093:9093',
      'api 8000:8000',
      ...(profile === 'all' ? ['grafana 3000:3000'] : []),
      'prometheus 9090:9090',
    ]);
  });

  test('the api reaches neither the bot nor Alertmanager, which has no password', () => {
    const networks = (name: string) => Object.keys(config.services[name]?.networks ?? {});
    for (const other of ['alert-bot', 'alertmanager', 'socket-proxy', 'loki', 'tempo', 'grafana', 'alloy'])
      expect(networks('api').filter((network) => networks(other).includes(network))).toEqual([]);
  });
});

describe('the profile all', () => {
  const config = (profile: string) =>
    new ComposeProject('docker-compose.yml', { COMPOSE_PROFILES: profile }, 'shop-config').config();

  test('turns traces on, exemplars and Tempo’s way into Prometheus; without it they are off', async () => {
    const [core, all] = await Promise.all([config(''), config('all')]);
    const endpoint = (of: ComposeConfig) =>
      ['api', 'payments', 'alert-bot'].map(
        (name) => of.services[name]?.environment['OTEL_EXPORTER_OTLP_ENDPOINT'],
      );
    expect(endpoint(core)).toEqual(['', '', '']);
    expect(endpoint(all)).toEqual(Array.from({ length: 3 }, () => 'http://otel-collector:4318'));
    const reached = Object.keys(all.services['otel-collector']?.networks ?? {});
    for (const name of ['api', 'payments', 'alert-bot'])
      expect(
        Object.keys(all.services[name]?.networks ?? {}).filter((one) => reached.includes(one)),
      ).not.toEqual([]);
    const last = (of: ComposeConfig) => of.services['prometheus']?.command?.slice(-2);
    expect(last(core)).toEqual(['--enable-feature=', '--']);
    expect(last(all)).toEqual(['--enable-feature=exemplar-storage', '--web.enable-remote-write-receiver']);
  });

  test('changes nothing else in what the loop consists of', async () => {
    const [core, all] = await Promise.all([config(''), config('all')]);
    const same = ({ environment: _, command: __, volumes: ___, ...rest }: Service) => rest;
    for (const [name, service] of Object.entries(core.services))
      expect(same(all.services[name] ?? service), name).toEqual(same(service));
    expect(Object.keys(all.services)).toEqual(expect.arrayContaining(Object.keys(core.services)));
  });

  test('Grafana asks for a password that only the bot has a copy of, and lets nobody in without', async () => {
    const { services } = await config('all');
    const { environment = {}, volumes = [] } = services['grafana'] ?? {};
    expect(environment).toMatchObject({
      GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/grafana/admin-password',
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
    });
    const secret = volumes.find(({ target }) => target === '/run/grafana')?.source ?? '';
    const holders = Object.entries(services).filter(([, service]) =>
      service.volumes.some(({ source }) => source === secret),
    );
    expect(holders.map(([name]) => name).toSorted()).toEqual(['grafana', 'tokens']);
  });

  test('the bot annotates in Grafana with it, which it reaches; without the profile that is off', async () => {
    const [core, all] = await Promise.all([config(''), config('all')]);
    const bot = all.services['alert-bot'];
    expect(core.services['alert-bot']?.environment['ALERT_BOT_GRAFANA_URL']).toBe('');
    expect(bot?.environment['ALERT_BOT_GRAFANA_URL']).toBe('http://grafana:3000');
    // Browsers reach it elsewhere, and it says the same of itself.
    const seen = bot?.environment['ALERT_BOT_GRAFANA_EXTERNAL_URL'];
    expect(core.services['alert-bot']?.environment['ALERT_BOT_GRAFANA_EXTERNAL_URL']).toBe('');
    expect(`${seen}/`).toBe(all.services['grafana']?.environment['GF_SERVER_ROOT_URL']);
    const shared = Object.keys(bot?.networks ?? {}).filter(
      (network) => network in (all.services['grafana']?.networks ?? {}),
    );
    expect(shared).toEqual(['alerting']);
    // The file is the one that make-secrets.sh copies, in the volume that it knows as alert-bot.
    expect(bot?.environment['ALERT_BOT_GRAFANA_TOKEN_FILE']).toBe('/var/lib/alert-bot/grafana-password');
    const script = readFileSync(join(repository, 'deploy/compose/make-secrets.sh'), 'utf8');
    expect(script).toContain('follow $bot alert-bot/grafana-password grafana/admin-password');
  });

  test('the bot takes the variables that it is given', async () => {
    for (const profile of ['', 'all']) {
      const { environment = {} } = (await config(profile)).services['alert-bot'] ?? {};
      const read = readConfig(environment);
      expect(read.notify.grafana === null).toBe(profile === '');
      expect(read.notify.report).toBeNull();
    }
  });

  test('every network says what it is for', () => {
    const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8');
    const networks = /^networks:\n((?: {2}.*\n)+)/m.exec(text)?.[1]?.trimEnd().split('\n') ?? [];
    expect(networks.length).toBeGreaterThan(7);
    expect(networks.filter((line) => !/# .{10}/.test(line))).toEqual([]);
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
