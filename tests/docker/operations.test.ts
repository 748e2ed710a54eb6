import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { freePorts, type Ports } from '../../scripts/stack/ports.ts';
import { until } from '../../scripts/stack/until.ts';
import { ask } from '../bare/support/ask.ts';
import { alertmanagerClient, prometheusClient } from '../bare/support/signals.ts';
import { blocksUnder } from '../support/doc-blocks.ts';
import { ComposeProject, docker, repository, requireEngine } from './support/compose-project.ts';

const runFile = promisify(execFile);
const page = 'docs/operations.md';

describe('the commands of docs/operations.md', () => {
  let ports: Ports;
  let env: Record<string, string>;
  let project: ComposeProject;
  let folder: string;
  beforeAll(async () => {
    await requireEngine();
    folder = mkdtempSync(join(tmpdir(), 'operations-'));
    ports = await freePorts();
    env = {
      API_PORT: String(ports.api),
      BOT_PORT: String(ports.bot),
      PROMETHEUS_PORT: String(ports.prometheus),
      ALERTMANAGER_PORT: String(ports.alertmanager),
    };
    project = new ComposeProject('docker-compose.yml', env, 'operations');
    await project.up('--build');
  });
  afterAll(async () => {
    await project?.down();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As a person does: in a shell, in a folder for the copies, where Compose finds the stack. */
  const type = async (commands: string): Promise<string> => {
    const own = {
      COMPOSE_FILE: join(repository, 'docker-compose.yml'),
      COMPOSE_PROJECT_NAME: project.name,
      COMPOSE_PROFILES: '',
    };
    const script = commands.replaceAll('deploy/compose/store', join(repository, 'deploy/compose/store'));
    const options = { cwd: folder, env: { ...process.env, ...env, ...own } };
    return (await runFile('bash', ['-euc', script], options)).stdout;
  };
  const address = (part: keyof Ports) => `http://127.0.0.1:${ports[part]}`;
  const buy = (description: string) =>
    fetch(`${address('api')}/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount: 1250, currency: 'EUR', description }),
    });
  const sold = async () => (await fetch(`${address('api')}/transactions`)).text();
  const silences = async () => {
    const shape = z.array(z.object({ comment: z.string(), status: z.object({ state: z.string() }) }));
    return (await ask(`${address('alertmanager')}/api/v2/silences`, shape)).map(({ comment }) => comment);
  };
  /** The oldest sample there is, in seconds. */
  const since = () =>
    prometheusClient(address('prometheus')).value('min(min_over_time(timestamp(up)[1h:5s]))');
  const running = async (service: string) =>
    (await docker(['inspect', '--format', '{{.State.Running}}', `${project.name}-${service}-1`])).trim();

  test('a backup of a stack that runs, and a restore into a new one', async () => {
    await buy('kept');
    await alertmanagerClient(address('alertmanager')).silence('Kept');
    const first = await until(since, { what: 'samples' });
    const [backup = ''] = blocksUnder(page, 'Backup');
    await type(backup);
    for (const service of ['prometheus', 'alertmanager']) expect(await running(service)).toBe('true');

    await project.compose('down', '--volumes');
    await project.up();
    expect(await sold()).not.toContain('"kept"');
    expect(await silences()).toEqual([]);
    expect(await until(since, { what: 'samples' })).toBeGreaterThan(first);
    await buy('forgotten');

    const [restore = ''] = blocksUnder(page, 'Restore');
    await type(restore);
    await until(async () => (await sold()).includes('"kept"'), { what: 'the shop to be back' });
    expect(await sold()).not.toContain('"forgotten"');
    await until(async () => (await silences()).includes('it is part of the case'), { what: 'the silence' });
    await until(async () => (await since()) === first, { what: 'the first samples' });
  });

  test('a copy that is cut off replaces nothing, and the service runs again', async () => {
    const copy = join(folder, 'alertmanager.tgz');
    truncateSync(copy, statSync(copy).size - 20);
    await expect(type('deploy/compose/store restore alertmanager < alertmanager.tgz')).rejects.toThrow();
    await expect(type('deploy/compose/store restore alertmanager < /dev/null')).rejects.toThrow();
    await until(async () => (await silences()).includes('it is part of the case'), { what: 'the silence' });
    expect(await running('alertmanager')).toBe('true');
  });

  test.each([
    ['backup postgres > x', "no store of 'postgres' is known"],
    ['copy prometheus > x', "'copy' is neither backup nor restore"],
    ['backup loki > x', 'there is no container of loki here: docker compose up'],
  ])('store %s is refused with the remedy', async (words, said) => {
    await expect(type(`deploy/compose/store ${words}`)).rejects.toThrow(said);
  });

  test('a change of a version is checked, and takes nothing down that stays as it is', async () => {
    const id = async () => (await project.containers()).get('postgres')?.Name;
    const before = await id();
    const [upgrade = ''] = blocksUnder(page, 'Upgrade');
    await type(upgrade);
    expect(await id()).toBe(before);
    await type(
      /`(docker compose restart [^`]+)`/.exec(readFileSync(join(repository, page), 'utf8'))?.[1] ?? 'false',
    );
  });

  test('what would be done about a service is told', async () => {
    const [simulate = ''] = blocksUnder(page, 'Your own service and the bot');
    const [first = ''] = simulate.split('\n');
    const told = await type(first.replace('exec ', 'exec -T '));
    expect(told).toMatch(/^opt_in +allow/m);
    expect(told).toMatch(/attempt 1 of 3/);
  });
});
