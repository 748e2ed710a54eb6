import type { z } from 'zod';
import type { Millis } from '../domain/duration.ts';
import { type Platform, PlatformError, type Verb } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { protection } from './protection.ts';
import { askSocket, type SocketAnswer, type SocketRequest } from './socket.ts';
import {
  errorShape,
  type ProcessView,
  processesShape,
  processShape,
  targetId,
  toTarget,
} from './supervisor-view.ts';

export interface SupervisorOptions {
  /** How long an answer to a question may take; an action brings its own limit. */
  atMost?: Millis;
  /** Names of processes that are never touched, whatever their labels, with all they depend on (G11). */
  protect?: readonly string[];
}

const AT_MOST: Millis = 5_000;
const PROTECTED: readonly string[] = ['alert-bot', 'prometheus', 'alertmanager'];

/**
 * The processes of `services/supervisor`, asked over its Unix socket. Each process is a target of one
 * instance; its own id stays over restarts and is new with a new supervisor.
 */
export function createSupervisor(socketPath: string, options: SupervisorOptions = {}): Platform {
  const atMost = options.atMost ?? AT_MOST;
  const watchers = { ownPids: [process.pid, process.ppid], names: options.protect ?? PROTECTED };
  const who = `the supervisor at ${socketPath}`;

  async function ask(request: SocketRequest): Promise<SocketAnswer> {
    const answer = await askSocket(socketPath, request);
    if (answer.status < 400) return answer;
    throw refusal(who, request, answer);
  }

  /** Of the last list. What a supervisor runs and what depends on what stays as it is, and so do the ids, as long as it lives. */
  let known: { ids: ReadonlySet<string>; because: ReadonlyMap<string, string> } | null = null;

  /** Everything it runs. Asked in one go even right before a call, since protection follows dependencies. */
  async function list(): Promise<readonly Target[]> {
    const purpose = 'list its processes';
    const { text } = await ask({ method: 'GET', path: '/processes', atMost, purpose });
    const { processes } = parsed(who, purpose, text, processesShape);
    const because = protection(processes, watchers);
    known = { ids: new Set(processes.map(({ id }) => id)), because };
    return processes.map((view) => toTarget(view, because.get(view.name) ?? null));
  }

  /** The process of that name, null where there is none. */
  async function look(name: string): Promise<ProcessView | null> {
    const purpose = `show ${name}`;
    try {
      const { text } = await ask({
        method: 'GET',
        path: `/processes/${encodeURIComponent(name)}`,
        atMost,
        purpose,
      });
      const view = parsed(who, purpose, text, processShape);
      // It answers to ids as well.
      return view.name === name ? view : null;
    } catch (error) {
      if (error instanceof PlatformError && error.code === 'not_found') return null;
      throw error;
    }
  }

  return {
    name: 'supervisor',
    targetId,
    list,

    /** Of thousands one is asked about: who it is protected by was in the list, and is read again before a call. */
    async find(service) {
      const protectedBy = known;
      if (protectedBy !== null) {
        const view = await look(service);
        if (view === null) return [];
        if (protectedBy.ids.has(view.id)) return [toTarget(view, protectedBy.because.get(view.name) ?? null)];
      }
      return (await list()).filter((target) => target.service === service);
    },

    async inspect(id) {
      const targets = await list();
      const target = targets.find((one) => one.id === id);
      if (target !== undefined) return target;
      throw new PlatformError(
        'not_found',
        `${who} has no ${id}; it has ${targets.map((one) => one.id).join(', ') || 'none'}. ` +
          `Targets are written ${targetId('<name>')}, with a name from processes.yml.`,
      );
    },

    async act(verb: Verb, instanceId: string, grace: Millis, limit: Millis) {
      const path = `/processes/${encodeURIComponent(instanceId)}/${verb}`;
      // `start` stops nothing, so it takes no grace time.
      const query = verb === 'restart' ? `?t=${(grace / 1_000).toFixed(3)}` : '';
      const purpose = `${verb} ${instanceId}`;
      const { status } = await ask({ method: 'POST', path: path + query, atMost: limit, purpose });
      // 304 to a start: it runs already, which is what was wanted.
      if (status === 204 || (status === 304 && verb === 'start')) return;
      throw new PlatformError('in_doubt', `${who} answered ${status} when asked to ${purpose}, not "done"`);
    },

    async logs(instanceId, lines) {
      const path = `/processes/${encodeURIComponent(instanceId)}/logs?tail=${lines}`;
      const purpose = `give the last ${lines} log lines of ${instanceId}`;
      return (await ask({ method: 'GET', path, atMost, purpose })).text;
    },
  };
}

/** What an answer of 400 and above means for whoever asked. */
function refusal(who: string, { purpose }: SocketRequest, { status, text }: SocketAnswer): PlatformError {
  const said = readError(text);
  const told = `${who} answered ${status} when asked to ${purpose}: ${said.message}`;
  if (status === 404) return new PlatformError('not_found', told);
  if (status < 500) return new PlatformError('refused', told);
  if (said.code === 'start_failed') return new PlatformError('start_failed', told);
  // It may have failed on either side of what was asked (a stop that hung, a shutdown in the middle).
  return new PlatformError('in_doubt', told);
}

function readError(text: string): { code: string; message: string } {
  try {
    const read = errorShape.safeParse(JSON.parse(text));
    if (read.success) return read.data;
  } catch {
    // Not the supervisor's own words; shown as they are.
  }
  return { code: '', message: text.slice(0, 300) };
}

function parsed<T>(who: string, purpose: string, text: string, shape: z.ZodType<T>): T {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new PlatformError('in_doubt', `${who} was asked to ${purpose} and answered no JSON`, {
      cause: error,
    });
  }
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new PlatformError(
    'in_doubt',
    `${who} was asked to ${purpose} and answered in a shape this bot does not know: ` +
      `${issue?.path.join('.')}: ${issue?.message}; run bot and supervisor of the same version`,
    { cause: read.error },
  );
}
