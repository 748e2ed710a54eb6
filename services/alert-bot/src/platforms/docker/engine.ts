import Docker from 'dockerode';
import type { z } from 'zod';
import type { Millis } from '../../domain/duration.ts';
import { PlatformError, type Verb } from '../../domain/platform.ts';
import { type Address, parseAddress } from './address.ts';
import { type Ask, failure, statusOf } from './failure.ts';
import { Line } from './line.ts';
import { readLogs } from './logs.ts';
import { type Inspected, inspectedShape, type Listed, listShape } from './shapes.ts';

/** The questions and orders the bot has for an engine: these and no others (deploy/socket-proxy/allow-list.yml). */
export interface Engine {
  /** The engine's name in sentences. */
  who: string;
  list(atMost: Millis): Promise<readonly Listed[]>;
  inspect(id: string, atMost: Millis): Promise<Inspected>;
  act(verb: Verb, id: string, grace: Millis, atMost: Millis): Promise<void>;
  logs(id: string, lines: number, tty: boolean, atMost: Millis): Promise<string>;
}

/**
 * Asks an engine with dockerode. No API version is named: each engine then answers with its newest, and
 * no single one is known to both Engine 20.10 (up to 1.41) and 29 (from 1.44).
 * @throws Error where the address is none
 */
export function createEngine(url: string): Engine {
  const address = parseAddress(url);
  const { who } = address;

  return {
    who,

    async list(atMost) {
      const ask = { atMost, purpose: 'list its containers', harmless: true };
      return parsed(
        who,
        ask,
        listShape,
        await exchange(address, ask, (docker) => docker.listContainers({ all: true })),
      );
    },

    async inspect(id, atMost) {
      const ask = { atMost, purpose: `inspect ${id}`, harmless: true };
      const answer = await exchange(address, ask, (docker) =>
        docker.getContainer(fullId(who, ask, id)).inspect(),
      );
      return parsed(who, ask, inspectedShape, answer);
    },

    async act(verb, id, grace, atMost) {
      const ask = { atMost, purpose: `${verb} ${id}`, harmless: false };
      const answer: unknown = await exchange(address, ask, async (docker) => {
        const container = docker.getContainer(fullId(who, ask, id));
        return verb === 'restart' ? container.restart(graceOf(grace)) : startOrRuns(container);
      });
      // "Done" has no words. Some proxies turn it into 200, and so does whatever else listens at a wrong address.
      if (Buffer.isBuffer(answer) && answer.length === 0) return;
      throw new PlatformError('in_doubt', `${who} was asked to ${ask.purpose} and did not answer "done"`);
    },

    async logs(id, lines, tty, atMost) {
      const ask = { atMost, purpose: `give the last ${lines} log lines of ${id}`, harmless: true };
      return exchange(address, ask, (docker) => readLogs(docker, fullId(who, ask, id), lines, tty));
    },
  };
}

/**
 * Whole seconds are all the engine takes; less than asked for would cut a polite stop short. Only as a query:
 * left to itself dockerode sends it as a body too, which the engine does not read, and a proxy that is
 * still writing it when the engine has answered "no such container" says 502 instead (seen).
 */
const graceOf = (grace: Millis) => ({ _query: { t: Math.ceil(grace / 1_000) }, _body: {} });

/** @returns the answer of a start; 304 says that it runs already, which is what was wanted */
async function startOrRuns(container: Docker.Container): Promise<unknown> {
  try {
    return await container.start();
  } catch (error) {
    if (statusOf(error) === 304) return Buffer.alloc(0);
    throw error;
  }
}

async function exchange<T>(address: Address, ask: Ask, call: (docker: Docker) => Promise<T>): Promise<T> {
  const line = new Line(ask.atMost);
  try {
    // In a constant of its own: dockerode's types leave out `agent`, which its modem takes.
    const options = { ...address.options, agent: line };
    return await Promise.race([call(new Docker(options)), line.broken]);
  } catch (error) {
    throw error instanceof PlatformError ? error : failure(address.who, ask, line, error);
  } finally {
    line.hangUp();
  }
}

/** The engine would take a name or half an id as well, and might then act on a successor (G3). */
function fullId(who: string, { purpose }: Ask, id: string): string {
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new PlatformError(
    'refused',
    `${who} was not asked to ${purpose}: that is not the full id of a container`,
  );
}

function parsed<S extends z.ZodType>(who: string, { purpose }: Ask, shape: S, answer: unknown): z.output<S> {
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new PlatformError(
    'in_doubt',
    `${who} was asked to ${purpose} and answered in a shape this bot does not know: ` +
      `${issue?.path.join('.')}: ${issue?.message}; check that an engine of 20.10 or newer is there`,
    { cause: read.error },
  );
}
