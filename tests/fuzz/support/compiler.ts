/** Compiles playbook files in a thread of its own, so that one that never ends is noticed. */
import { once as on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

const verdict = z.object({
  /** Null where the file is taken. */
  errors: z
    .array(
      z.object({
        file: z.string(),
        line: z.number(),
        path: z.string(),
        value: z.string(),
        message: z.string(),
      }),
    )
    .nullable(),
  ms: z.number(),
  thrown: z.string().nullable(),
});
export type Verdict = z.output<typeof verdict>;

/** Far beyond what any file may take, on a machine that has other things to do. */
const ENDLESS_MS = 15_000;

export function createCompiler() {
  const start = () => new Worker(new URL('./compile-worker.ts', import.meta.url));
  let worker = start();
  async function once(text: string): Promise<Verdict | null> {
    const answered = on(worker, 'message', { signal: AbortSignal.timeout(ENDLESS_MS) });
    worker.postMessage(text);
    try {
      const [answer] = await answered;
      return verdict.parse(answer);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
      await worker.terminate();
      worker = start();
      return null;
    }
  }
  return {
    async compile(text: string): Promise<Verdict> {
      // A second time, in a new thread: a machine that slept for a while is not the file's doing.
      const found = (await once(text)) ?? (await once(text));
      if (found === null) throw new Error(`no end after ${ENDLESS_MS} ms, twice`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
export type Compiler = ReturnType<typeof createCompiler>;

/** What every error has: where it is and what to write instead; never the parser's own confession. */
const REMEDY = /\b(write|mend|leave|keep|put|did you mean|has no unit|quote it)\b/;
const RAW =
  /call stack|parseAllDocuments|resource exhaustion|undefined|\[object|TypeError|RangeError|at Object\./;

/** What is wrong with how a file was answered; null where nothing is. */
export function faultOf(text: string, { errors, thrown, ms }: Verdict, mostMs: number): string | null {
  if (thrown !== null) return `threw ${thrown}`;
  if (ms > mostMs) return `took ${Math.round(ms)} ms`;
  if (errors === null) return null;
  if (errors.length === 0) return 'refused without an error';
  const lines = text.split('\n').length + 1;
  for (const { file, line, path, value, message } of errors) {
    if (file !== 'playbooks.yml') return `names no file: ${message}`;
    if (!(line >= 0 && line <= lines)) return `names line ${line} of ${lines}: ${message}`;
    if (!REMEDY.test(message)) return `has no remedy: ${message}`;
    if (RAW.test(message)) return `is told in a library's words: ${message}`;
    if (`${path}${value}${message}`.length > 2_000) return `is told in ${message.length} characters`;
    if (/[\r\n]/.test(path + value + message)) return `breaks the line: ${JSON.stringify(message)}`;
  }
  return null;
}
