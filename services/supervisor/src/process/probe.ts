import { get } from 'node:http';
import type { HealthCheck } from '../config/definition.ts';
import { type Ending, Life } from './life.ts';
import type { SpawnPlan } from './spawn.ts';

export type Probed = { ok: boolean; output: string };

const OUTPUT_LIMIT = 4096;

/** Asks once whether the process is well. Never rejects: whatever goes wrong is an answer, too. */
export function probe(
  { probe: kind, timeoutMs }: HealthCheck,
  place: Omit<SpawnPlan, 'command'>,
): Promise<Probed> {
  return kind.kind === 'http'
    ? probeHttp(kind.url, timeoutMs)
    : probeCommand({ ...place, command: kind.command }, timeoutMs);
}

async function probeHttp(url: string, timeoutMs: number): Promise<Probed> {
  const { promise, resolve } = Promise.withResolvers<Probed>();
  const signal = AbortSignal.timeout(timeoutMs);
  // No agent: a connection kept open to a process would keep it from ending when it is to stop.
  const request = get(url, { agent: false, signal, headers: { connection: 'close' } }, async (response) => {
    const status = response.statusCode ?? 0;
    let output = `HTTP ${status} `;
    try {
      for await (const chunk of response.setEncoding('utf8')) {
        if (output.length < OUTPUT_LIMIT) output += chunk;
      }
      resolve({ ok: status >= 200 && status < 400, output: output.slice(0, OUTPUT_LIMIT).trim() });
    } catch (error) {
      resolve(failed(error, signal, timeoutMs));
    }
  });
  request.on('error', (error) => resolve(failed(error, signal, timeoutMs)));
  return promise;
}

function failed(error: unknown, signal: AbortSignal, timeoutMs: number): Probed {
  return { ok: false, output: signal.aborted ? `no answer within ${timeoutMs} ms` : String(error) };
}

async function probeCommand(plan: SpawnPlan, timeoutMs: number): Promise<Probed> {
  const lines: string[] = [];
  let ending: Ending | null = null;
  let late = false;
  try {
    const life = await Life.begin(plan, {
      onLine: (line) => lines.push(line),
      onKill: () => {},
      onEnd: (found) => {
        ending = found;
      },
    });
    const overdue = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      late = true;
      life.stop(0).then(overdue.resolve, overdue.reject);
    }, timeoutMs);
    await Promise.race([life.ended, overdue.promise]);
    clearTimeout(timer);
  } catch (error) {
    return { ok: false, output: String(error) };
  }
  return outcome(late ? `no end within ${timeoutMs} ms` : ending, lines);
}

function outcome(ending: Ending | string | null, lines: readonly string[]): Probed {
  const how = typeof ending === 'string' ? ending : (ending?.signal ?? `exit code ${ending?.exitCode}`);
  const ok = typeof ending === 'object' && ending?.exitCode === 0;
  return { ok, output: [how, ...lines].join('\n').slice(0, OUTPUT_LIMIT) };
}
