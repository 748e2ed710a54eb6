/** The real bot as `alert-bot serve` runs it, with its log on disk, a supervisor, and nobody else around. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { botPart } from '../../../scripts/parts/bot.ts';
import { Part } from '../../../scripts/stack/part.ts';
import { makePlaces, repository } from '../../../scripts/stack/places.ts';
import { freePorts } from '../../../scripts/stack/ports.ts';
import { bootSupervisor, staying, temporaryFolder } from '../../../services/supervisor/src/harness.ts';
import { createHeapProbe } from '../../support/heap.ts';
import type { Tokens } from './requests.ts';

export async function startFuzzedBot() {
  const supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true' } }
  payments: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
  const folder = temporaryFolder();
  const places = { ...makePlaces(folder.path), supervisorSocket: supervisor.socket };
  const ports = await freePorts();
  const probe = createHeapProbe();
  const playbooks = join(folder.path, 'playbooks.yml');
  const shipped = readFileSync(join(repository, 'deploy/playbooks.yml'), 'utf8');
  writeFileSync(playbooks, shipped);
  const env = { ...probe.env, ALERT_BOT_LOG_LEVEL: 'error' };
  let crash: string | undefined;
  const part = new Part({
    ...botPart(places, ports, { playbooks, env }),
    onUnexpectedExit: (message) => {
      crash = message;
    },
  });
  await part.start();
  const token = (kind: 'webhook' | 'admin') =>
    readFileSync(join(places.botData, 'tokens', kind), 'utf8').trim();
  const tokens: Tokens = { webhook: token('webhook'), admin: token('admin') };
  return {
    port: ports.bot,
    tokens,
    shipped,
    log: join(places.logs, 'alert-bot.log'),
    /** Why it ended; undefined while it runs. */
    crash: () => crash,
    measure: () => probe.measure(part.pid ?? 0),
    /** Every failure of its own work that it logged, and what it said outside of its log: a warning, a stack. */
    failures: () =>
      readFileSync(join(places.logs, 'alert-bot.log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && (!line.startsWith('{"level"') || line.includes('"failure in '))),
    /** Puts a file in the place of the playbooks and has it read. */
    async reload(text: string | Buffer): Promise<void> {
      writeFileSync(playbooks, text);
      process.kill(part.pid ?? 0, 'SIGHUP');
    },
    async [Symbol.asyncDispose]() {
      await part.stop();
      await supervisor[Symbol.asyncDispose]();
      probe.remove();
      folder[Symbol.dispose]();
    },
  };
}
export type FuzzedBot = Awaited<ReturnType<typeof startFuzzedBot>>;
