import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ComposeProject, repository, requireEngine } from './support/compose-project.ts';

describe('the bot included by somebody else’s Compose file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alert-bot-alone-'));
  const file = join(folder, 'compose.yml');
  let project: ComposeProject;

  beforeAll(async () => {
    await requireEngine();
    project = new ComposeProject(file, {}, 'alone');
    // As the head of the file says, and nothing else; nobody answers at the two addresses yet.
    writeFileSync(file, `include: [${join(repository, 'deploy/alert-bot.compose.yml')}]\n`);
    writeFileSync(
      join(folder, '.env'),
      'ALERTMANAGER_URL=http://alertmanager:9093\nPROMETHEUS_URL=http://prometheus:9090\n',
    );
    await project.up('--build', 'alert-bot');
  });
  afterAll(async () => {
    await project?.down();
    rmSync(folder, { recursive: true });
  });

  test('is the bot and its proxy, in the project’s own network', async () => {
    const containers = await project.containers();
    expect([...containers.keys()].toSorted()).toEqual(['alert-bot', 'alert-bot-socket-proxy']);
    for (const { State } of containers.values()) expect(State.Health?.Status).toBe('healthy');
    expect((await project.leftovers()).networks.toSorted()).toEqual([
      `${project.name}_alert-bot-docker-api`,
      `${project.name}_default`,
    ]);
  });

  test('prints the token that goes to Alertmanager', async () => {
    const token = await project.exec('alert-bot', 'alert-bot', 'token', 'webhook');
    expect(token).toMatch(/^[\w-]{43}\n$/);
    const mode = await project.exec('alert-bot', 'stat', '-c', '%u %a', '/var/lib/alert-bot/tokens/webhook');
    expect(mode).toBe('10002 600\n');
  });

  test('only watches', async () => {
    expect(await project.compose('logs', '--no-color', 'alert-bot')).toMatch(/defaults\.mode.{0,40}observe/);
  });

  test('down -v leaves nothing', async () => {
    await project.down();
    expect(await project.leftovers()).toEqual({ containers: [], volumes: [], networks: [], images: [] });
  });
});
