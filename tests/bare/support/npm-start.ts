import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { partEnvironment } from '../../../scripts/stack/environment.ts';
import { repository } from '../../../scripts/stack/places.ts';
import { until } from '../../../scripts/stack/until.ts';

/** `npm start` as a person runs it, on free ports and in another folder. */
export async function npmStart(folder: string) {
  // A group of its own, which Ctrl-C reaches as a whole.
  const child = spawn('npm', ['start', '--', '--free-ports', '--folder', folder], {
    cwd: repository,
    env: partEnvironment({}),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const stop = async (): Promise<string> => {
    const runs = child.exitCode === null && child.signalCode === null;
    if (child.pid !== undefined && runs) process.kill(-child.pid, 'SIGINT');
    await closed;
    return output;
  };
  try {
    await until(() => output.includes('Ctrl-C ends everything.'), {
      what: 'npm start to say how it is ended',
      withinMs: 90_000,
      stillPossible: () => {
        if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`);
      },
    });
  } catch (error) {
    await stop();
    throw new Error(`it printed: ${output}`, { cause: error });
  }
  return { output, pid: child.pid, stop };
}
