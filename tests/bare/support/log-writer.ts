import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { logFile } from '../../../services/alert-bot/src/store/db.ts';
import { temporaryFolder } from '../../../services/supervisor/src/harness.ts';

/** Of a log's write-ahead log: another each time that is begun anew. */
export const saltOf = (log: string): string => readFileSync(`${log}-wal`).subarray(16, 24).toString('hex');

/** A process of its own that has a log open and writes to it when told, so that strace can be put below its disk. */
export async function startLogWriter() {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  let child: ChildProcess;
  let lines: AsyncIterator<string>;
  const start = async () => {
    const script = fileURLToPath(new URL('./write-log.ts', import.meta.url));
    const started = spawn(process.execPath, [script, data], { stdio: ['pipe', 'pipe', 'inherit'] });
    child = started;
    lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
    await answer();
  };
  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the process that writes has ended');
    return String(value);
  };
  const order = (words: string): Promise<string> => {
    child.stdin?.write(`${words}\n`);
    return answer();
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  await start();
  return {
    get pid() {
      return child.pid;
    },
    salt: () => saltOf(logFile(data)),
    /** Each answers ok, or what it failed of. */
    write: () => order('write'),
    sync: () => order('sync'),
    /** So many pages of 4 kB in one transaction that is not synced for itself. */
    ahead: (pages: number) => order(`ahead ${pages}`),
    async restart(signal: 'SIGKILL' | 'SIGTERM') {
      await end(signal);
      await start();
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      folder[Symbol.dispose]();
    },
  };
}
