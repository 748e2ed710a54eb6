// G12 from inside: what somebody who has taken over a container can do, tried in the containers of the shipped files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../../scripts/stack/ports.ts';
import { ComposeProject, docker, repository, requireEngine } from './support/compose-project.ts';
import { PROXY_IMAGE } from './support/containers.ts';
import { recordingEngine } from './support/raw-http.ts';
import { MAY_REACH, PATHS, SMUGGLED } from './support/smuggling.ts';

const inspected = z.array(
  z.object({
    Config: z.object({ User: z.string() }),
    Mounts: z.array(z.object({ Source: z.string(), Destination: z.string(), RW: z.boolean() })),
    HostConfig: z.object({
      ReadonlyRootfs: z.boolean(),
      Privileged: z.boolean(),
      CapDrop: z.array(z.string()).nullable(),
      CapAdd: z.array(z.string()).nullable(),
      SecurityOpt: z.array(z.string()).nullable(),
      PidMode: z.string(),
      IpcMode: z.string(),
      UTSMode: z.string(),
      UsernsMode: z.string(),
      NetworkMode: z.string(),
      Devices: z.array(z.unknown()).nullable(),
    }),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) }),
  }),
);

/** Where a file can be made, of every folder that there is; what the kernel makes up (proc, sys) included. */
const WRITABLE = `
const fs = require('node:fs');
const found = [], sockets = [];
const walk = (folder, depth) => {
  try { fs.writeFileSync(folder + '/.tried', 'x', { flag: 'wx' }); fs.unlinkSync(folder + '/.tried'); found.push(folder); } catch {}
  if (depth > 12) return;
  let entries = [];
  try { entries = fs.readdirSync(folder, { withFileTypes: true }); } catch {}
  for (const entry of entries) {
    const path = (folder === '/' ? '' : folder) + '/' + entry.name;
    if (entry.isSocket()) sockets.push(path);
    if (entry.isDirectory() && !/^.(proc|sys).[^/]+./.test(path)) walk(path, depth + 1);
  }
};
walk('/', 0);
console.log(JSON.stringify({ found, sockets }));`;

/** Sends each of the texts on a connection of its own and says what the first line of the answer is. */
const SENDS = `
const { connect } = require('node:net');
const [host, ...texts] = process.argv.slice(1);
const send = (text) => new Promise((resolve) => {
  const socket = connect(2375, host);
  let answer = '';
  const done = () => { clearTimeout(limit); socket.destroy(); resolve(answer.split('\\r\\n')[0]); };
  const limit = setTimeout(done, 1500);
  socket.on('data', (chunk) => { answer += chunk.toString('latin1'); if (answer.length > 5e4) done(); });
  socket.on('error', (error) => { answer ||= error.code; done(); }).on('close', done);
  socket.write(Buffer.from(text, 'base64'));
});
(async () => {
  const lines = [];
  for (let i = 0; i < texts.length; i += 16) lines.push(...await Promise.all(texts.slice(i, i + 16).map(send)));
  console.log(JSON.stringify(lines));
})();`;

const REACHES = `
const { connect } = require('node:net');
const tries = process.argv.slice(1).map((address) => new Promise((resolve) => {
  const colon = address.lastIndexOf(':');
  const socket = connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  const done = (reached) => { clearTimeout(limit); socket.destroy(); resolve(reached ? [address] : []); };
  const limit = setTimeout(() => done(false), 4000);
  socket.on('connect', () => done(true)).on('error', () => done(false));
}));
Promise.all(tries).then((found) => { console.log(JSON.stringify(found.flat())); process.exit(0); });`;

const strings = z.array(z.string());

describe('G12: the containers that are built here', () => {
  const folder = mkdtempSync(join(tmpdir(), 'containment-'));
  let stack: ComposeProject;
  let alone: ComposeProject;

  beforeAll(async () => {
    await requireEngine();
    const ports = await freePorts();
    stack = new ComposeProject(
      'docker-compose.yml',
      { API_PORT: String(ports.api), BOT_PORT: String(ports.bot) },
      'contained',
    );
    // Who is named needs no profile; what they depend on comes along.
    await stack.up('--build', 'alert-bot', 'api', 'traffic');
    const file = join(folder, 'compose.yml');
    writeFileSync(file, `include: [${join(repository, 'deploy/alert-bot.compose.yml')}]\n`);
    const addresses = 'ALERTMANAGER_URL=http://alertmanager:9093\nPROMETHEUS_URL=http://prometheus:9090\n';
    writeFileSync(join(folder, '.env'), addresses);
    alone = new ComposeProject(file, {}, 'contained-alone');
    await alone.up('--build', 'alert-bot');
  });
  afterAll(async () => {
    await Promise.all([stack?.down(), alone?.down()]);
    rmSync(folder, { recursive: true });
  });

  const inspect = async (project: ComposeProject, service: string) => {
    const [one] = inspected.parse(JSON.parse(await docker(['inspect', `${project.name}-${service}-1`])));
    if (one === undefined) throw new Error(`there is no ${service}`);
    return one;
  };
  const node = async (project: ComposeProject, service: string, script: string, ...args: string[]) =>
    JSON.parse(await project.exec(service, 'node', '-e', script, ...args)) as unknown;

  const BUILT = [
    ['the stack', 'alert-bot'],
    ['the stack', 'api'],
    ['the stack', 'payments'],
    ['the stack', 'traffic'],
    ['the bot alone', 'alert-bot'],
  ] as const;
  const projectOf = (where: (typeof BUILT)[number][0]) => (where === 'the stack' ? stack : alone);

  test('are all of them looked at here', async () => {
    const all = new ComposeProject('docker-compose.yml', { COMPOSE_PROFILES: 'all' }, 'contained-config');
    for (const [where, project] of [
      ['the stack', all],
      ['the bot alone', alone],
    ] as const) {
      const { services } = await project.config();
      const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
      expect(built.map(([name]) => name).toSorted()).toEqual(
        BUILT.filter(([one]) => one === where).map(([, name]) => name),
      );
    }
  });

  test.each(BUILT)(
    '%s, %s: as the engine has it, without root, powers, or a way to get them',
    async (where, name) => {
      const { Config, HostConfig, Mounts } = await inspect(projectOf(where), name);
      expect(Config.User).toMatch(/^100\d\d:100\d\d$/);
      expect(HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ['ALL'],
        CapAdd: null,
        SecurityOpt: ['no-new-privileges:true'],
        PidMode: '',
        UTSMode: '',
        UsernsMode: '',
      });
      expect(HostConfig.IpcMode).toBe('private');
      expect(HostConfig.NetworkMode).not.toBe('host');
      expect(HostConfig.Devices ?? []).toEqual([]);
      expect(Mounts.filter(({ Source, Destination }) => /docker\.sock/.test(Source + Destination))).toEqual(
        [],
      );
      const writable = Mounts.filter(({ RW }) => RW).map(({ Destination }) => Destination);
      expect(writable).toEqual(name === 'alert-bot' ? ['/var/lib/alert-bot'] : []);
    },
  );

  test.each(BUILT)('%s, %s: as the kernel has it', async (where, name) => {
    const status = await projectOf(where).exec(name, 'cat', '/proc/1/status');
    for (const line of [
      /^Uid:\s+(100\d\d)\s+\1\s+\1\s+\1$/m,
      /^Gid:\s+(100\d\d)\s+\1\s+\1\s+\1$/m,
      /^CapInh:\s+0+$/m,
      /^CapPrm:\s+0+$/m,
      /^CapEff:\s+0+$/m,
      /^CapBnd:\s+0+$/m,
      /^CapAmb:\s+0+$/m,
      /^NoNewPrivs:\s+1$/m,
    ])
      expect(status).toMatch(line);
  });

  test('the bot reads its code as the image has it compiled, and cannot replace that', async () => {
    const inside = async (command: string) =>
      (await stack.exec('alert-bot', 'sh', '-c', `${command} 2>&1 || true`)).split('\n');
    const TRACE = 'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318';
    // The second one finds the log in use, when it has loaded everything else.
    for (const [command, ended] of [
      ['alert-bot check', '/etc/alert-bot/playbooks.yml: good'],
      ['alert-bot serve', 'another alert-bot is using'],
      [`${TRACE} alert-bot serve`, 'another alert-bot is using'],
    ] as const) {
      const said = await inside(`NODE_DEBUG_NATIVE=COMPILE_CACHE ${command}`);
      expect(said.join('\n')).toContain(ended);
      expect(said.filter((line) => line.includes('was accepted')).length).toBeGreaterThan(100);
      expect(said.filter((line) => line.includes('was rejected'))).toEqual([]);
    }
    expect(await inside('find node_modules/.cache ! -user 0')).toEqual(['']);
  });

  test.each(BUILT)(
    '%s, %s: nothing can be written but in memory and in its data folder',
    async (where, name) => {
      const { found, sockets } = z
        .object({ found: strings, sockets: strings })
        .parse(await node(projectOf(where), name, WRITABLE));
      const kept = name === 'alert-bot' ? ['/var/lib/alert-bot', '/var/lib/alert-bot/tokens'] : [];
      expect(found.toSorted()).toEqual(['/dev/shm', '/tmp', ...kept]);
      // The engine's socket is not there by any name, and no other one is.
      expect(sockets).toEqual([]);
    },
  );

  test('the bot gets nothing of the engine that its list has not, whatever it puts on the wire', async () => {
    using engine = await recordingEngine();
    const network = `${stack.name}_docker-api`;
    // The same image, list and flags as the stack's, before an engine that only writes down what reaches it.
    const id = (
      await docker([
        'run',
        ...['--detach', '--user=0:0', '--cap-drop=ALL', '--read-only', '--security-opt=no-new-privileges'],
        ...[`--network=${network}`, '--network-alias=recording-proxy', `--volume=${engine.folder}:/engine`],
        `--env-file=${join(repository, 'deploy/socket-proxy/allow-list.env')}`,
        PROXY_IMAGE,
        ...['-listenip=0.0.0.0', '-allowfrom=alert-bot', '-socketpath=/engine/docker.sock'],
      ])
    ).trim();
    try {
      const send = async (texts: readonly string[]) => {
        const encoded = texts.map((text) => Buffer.from(text, 'latin1').toString('base64'));
        return strings.parse(await node(stack, 'alert-bot', SENDS, 'recording-proxy', ...encoded));
      };
      await expect
        .poll(async () => (await send([SMUGGLED[0] ?? '']))[0], { timeout: 20_000 })
        .toBe('HTTP/1.1 200 OK');
      engine.reached.length = 0;
      const answers: string[] = [];
      for (let at = 0; at < PATHS.length; at += 200) answers.push(...(await send(PATHS.slice(at, at + 200))));
      // What it needs gets through: the others were not refused for a proxy that was away.
      expect(engine.reached.length).toBeGreaterThan(10);
      await send(SMUGGLED);
      expect(engine.reached.filter((line) => !MAY_REACH.test(line))).toEqual([]);
      expect(answers.filter((line) => /^HTTP\/1\.1 (403|405)/.test(line)).length).toBeGreaterThan(200);
    } finally {
      await docker(['rm', '--force', id]);
    }
  });

  test('the stack’s own proxy refuses it, too, and listens to nobody else', async () => {
    const { id } = z
      .object({ id: z.string() })
      .parse({ id: (await docker(['inspect', '--format', '{{.Id}}', `${stack.name}-alert-bot-1`])).trim() });
    // Nothing here would do harm if it got through.
    const lines = [
      'GET /_ping',
      'GET /info',
      'GET /events?until=1',
      'GET /images/json',
      'GET /volumes',
      'GET /secrets',
    ];
    const tried = [
      ...lines,
      `POST /containers/${id}/exec`,
      `GET /containers/${id}/archive?path=/etc/hostname`,
    ];
    const encoded = tried.map((line) =>
      Buffer.from(
        `${line} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      ).toString('base64'),
    );
    const answers = strings.parse(await node(stack, 'alert-bot', SENDS, 'socket-proxy', ...encoded));
    expect(answers.map((line) => line.split(' ')[1])).toEqual([
      '200',
      ...Array(tried.length - 1).fill(expect.stringMatching(/^40[35]$/)),
    ]);
  });

  test('the bot reaches its proxy, and neither the workload nor its database, by name or by address', async () => {
    const others = ['api:8000', 'payments:8010', 'postgres:5432', 'traffic:8020'];
    const addresses: string[] = [];
    for (const other of others) {
      const [service = '', port = ''] = other.split(':');
      const { NetworkSettings } = await inspect(stack, service);
      for (const { IPAddress } of Object.values(NetworkSettings.Networks))
        addresses.push(`${IPAddress}:${port}`);
    }
    expect(addresses.length).toBeGreaterThanOrEqual(others.length);
    const reached = await node(stack, 'alert-bot', REACHES, 'socket-proxy:2375', ...others, ...addresses);
    expect(reached).toEqual(['socket-proxy:2375']);
  });
});
