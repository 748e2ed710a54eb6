import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { descendants, type Seen, stillRuns } from '../tests/support/descendants.ts';
import { repository } from './stack/places.ts';
import { until } from './stack/until.ts';
import { type Stack, startStack } from './stack.ts';

const start = join(repository, 'scripts/start.ts');
const slow = 90_000;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-stack-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const series = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()) }));

describe('the stack without the bot', () => {
  let stack: Stack | undefined;
  let pids: Seen[] = [];

  beforeAll(async () => {
    stack = await startStack({ folder: join(folder, 'own'), factor: 10, without: ['bot'] });
    pids = descendants(process.pid);
  }, slow);
  afterAll(() => stack?.stop(), slow);

  function running(): Stack {
    if (!stack) throw new Error('the stack did not start');
    return stack;
  }

  async function value(query: string): Promise<string | undefined> {
    const { addresses } = running();
    const response = await fetch(`${addresses.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
    return series.parse(await response.json()).data.result[0]?.value[1];
  }

  it('begins when Prometheus watches the API under the name that rules and playbooks use', async () => {
    expect(await value('up{service="api",tier="workload"}')).toBe('1');
  });

  it(
    'delivers the heartbeat to Alertmanager, also after that was killed and started again',
    async () => {
      const { addresses, parts } = running();
      const heartbeat = async () => {
        const response = await fetch(`${addresses.alertmanager}/api/v2/alerts`);
        return alerts.parse(await response.json()).some(({ labels }) => labels['alertname'] === 'Watchdog');
      };
      await until(heartbeat, { what: 'the heartbeat' });
      const before = parts.alertmanager.pid;
      await parts.alertmanager.kill('SIGKILL');
      await parts.alertmanager.start();
      expect(parts.alertmanager.pid).not.toBe(before);
      await until(heartbeat, { what: 'the heartbeat after the restart' });
    },
    slow,
  );

  it('has made the token that breaks the API, for its owner only', async () => {
    const { addresses, tokens } = running();
    const headers = { authorization: `Bearer ${readFileSync(tokens.faults, 'utf8').trim()}` };
    expect((await fetch(`${addresses.api}/faults`)).status).toBe(401);
    expect((await fetch(`${addresses.api}/faults`, { headers })).status).toBe(200);
  });

  it(
    'leaves no process behind when it is stopped',
    async () => {
      await running().stop();
      await until(() => pids.filter(stillRuns).length === 0, { what: 'the end of all processes' });
      expect(pids.map(({ command }) => command).join('\n')).toMatch(
        /supervisor[\s\S]*alertmanager[\s\S]*prometheus/,
      );
    },
    slow,
  );
});

describe('npm start', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  function run(...args: string[]): { child: ChildProcess; said: () => string } {
    const child = spawn(process.execPath, [start, '--no-bot', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        said += data.toString();
      });
    }
    return { child, said: () => said };
  }

  it.concurrent.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process behind after %s',
    async (signal) => {
      const { child, said } = run('--free-ports', '--folder', join(folder, signal));
      await until(() => said().includes('Ctrl-C ends everything.'), {
        what: 'the stack',
        withinMs: slow,
        stillPossible: () => expect(child.exitCode, said()).toBeNull(),
      });
      const pids = child.pid ? descendants(child.pid) : [];
      const commands = pids.map(({ command }) => command).join('\n');
      for (const part of [
        'postgres',
        'supervisor',
        'services/payments',
        'services/api',
        'alertmanager',
        'prometheus',
      ]) {
        expect(commands).toContain(part);
      }
      expect(said()).toContain('1m -> 12s');

      child.kill(signal);
      await until(() => pids.filter(stillRuns).length === 0, { what: 'the end of all processes' });
    },
    slow,
  );

  it(
    'ended while it still starts leaves no process behind',
    async () => {
      const { child } = run('--free-ports', '--folder', join(folder, 'early'));
      const pids = await until(
        () => {
          const seen = child.pid ? descendants(child.pid) : [];
          return seen.some(({ command }) => command.includes('services/api')) && seen;
        },
        { what: 'the API', withinMs: slow },
      );
      child.kill('SIGINT');
      await until(() => pids.filter(stillRuns).length === 0, { what: 'the end of all processes' });
    },
    slow,
  );

  it(
    'says in one sentence that a port is taken, and starts nothing',
    async () => {
      const squatter = createServer();
      // Somebody else may hold one of the well-known ports already, such as `npm start`: that is as good.
      await new Promise<void>((resolve) => {
        squatter.once('listening', resolve).once('error', () => resolve());
        squatter.listen(9093, '127.0.0.1');
      });
      try {
        const other = join(folder, 'refused');
        const { child, said } = run('--folder', other);
        const [code] = await once(child, 'exit');
        expect(code).toBe(1);
        expect(said()).toMatch(/^Port \d+ on 127\.0\.0\.1, which .+ is to listen on, is taken: .+\n$/);
        expect(existsSync(other)).toBe(false);
      } finally {
        squatter.close();
      }
    },
    slow,
  );
});
