import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Tool } from '../../scripts/tools/places.ts';

const run = promisify(execFile);

/** What a checking tool said of a file: `said` is all of it, `answer` only its standard output. */
export type Verdict = { passed: boolean; said: string; answer: string };

/** Runs a checking tool to its end. A tool that cannot be started throws; one that finds fault does not. */
export async function check(tool: Tool, args: string[], cwd: string): Promise<Verdict> {
  const env = { ...process.env, ...tool.env };
  try {
    const { stdout, stderr } = await run(tool.path, args, { cwd, env });
    return { passed: true, said: stdout + stderr, answer: stdout };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
    const output = 'stdout' in error && 'stderr' in error ? `${error.stdout}${error.stderr}` : '';
    return { passed: false, said: output, answer: output };
  }
}
