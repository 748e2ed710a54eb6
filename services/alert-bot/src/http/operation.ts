import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Via } from '../store/controls.ts';
import { HttpError } from './errors.ts';
import { parse, readJson, readText, shorten, strict } from './input.ts';
import type { ProblemCode } from './problem.ts';

/** Where a text stands in place of JSON. */
export const TEXT = 'text/plain; charset=utf-8';

/** What one operation is, as the OpenAPI document tells it. */
export interface Described {
  /** Below /api/v1, in Hono's spelling: `/incidents/:id`. */
  path: string;
  /** Unique; generated clients call it so. */
  name: string;
  summary: string;
  /** What to send instead of what is no JSON; without it, what every order carries. */
  remedy?: string;
  /** What it refuses with, besides `invalid` and `unauthorized`. */
  problems?: readonly ProblemCode[];
}

/** The same with the schemas that check what is sent, and describe what is answered. */
export interface Operation extends Described {
  method: 'get' | 'post';
  query: z.ZodType;
  /** null where none is read. */
  body: z.ZodType | null;
  answer: z.ZodType | typeof TEXT;
}

/** What comes with every request. */
export interface Asked {
  /** A part of the path, decoded. */
  part(name: string): string;
  /** By which way it came, for the audit. */
  via: Via;
}
type Reply<Answer extends z.ZodType> = z.input<Answer> | Promise<z.input<Answer>>;

/** Adds operations, and what they do: an answer that has not the shape it is described by does not compile. */
export interface Register {
  get<Query extends z.ZodType, Answer extends z.ZodType>(
    operation: Described & { query: Query; answer: Answer },
    handle: (asked: Asked & { query: z.output<Query> }) => Reply<Answer>,
  ): void;
  /** Answers a text. */
  text(operation: Described, handle: (asked: Asked) => string): void;
  post<Body extends z.ZodType, Answer extends z.ZodType>(
    operation: Described & { body: Body; answer: Answer },
    handle: (asked: Asked & { body: z.output<Body> }) => Reply<Answer>,
  ): void;
  /** The handler looks the body through by itself; `body` only describes it. */
  postText<Answer extends z.ZodType>(
    operation: Described & { body: z.ZodType; answer: Answer },
    handle: (asked: Asked & { body: string }) => Reply<Answer>,
  ): void;
}

/** Set by whoever let a request pass; without it, it was a token. */
export interface Passed {
  Variables: { via?: Via };
}

/** The query as texts; an empty one must not be read as the number 0. @throws HttpError that names it */
function queryOf(c: Context): Record<string, string> {
  const query = c.req.query();
  const empty = Object.keys(query).find((key) => query[key]?.trim() === '');
  if (empty === undefined) return query;
  const field = shorten(empty);
  throw new HttpError('invalid', `${field}: it is empty: write a value, or leave it out`, field);
}

/** A query or a body in which nothing can be said. */
export const NOTHING = strict({});

/** Routes and their descriptions, which cannot come apart. */
export function createOperations(): { app: Hono<Passed>; operations: readonly Operation[]; on: Register } {
  const app = new Hono<Passed>();
  const operations: Operation[] = [];

  const asked = (c: Context<Passed>): Asked => ({
    part: (name) => c.req.param(name) ?? '',
    via: c.get('via') ?? 'api',
  });
  const json = (c: Context, answer: unknown) =>
    c.body(JSON.stringify(answer), 200, { 'content-type': 'application/json' });
  /** What no operation takes is refused, not ignored. */
  const noQuery = (c: Context) => parse(NOTHING, c.req.query(), '(query)');

  const on: Register = {
    get(operation, handle) {
      operations.push({ ...operation, method: 'get', body: null });
      app.get(operation.path, async (c) => {
        const query = parse(operation.query, queryOf(c), '(query)');
        return json(c, await handle({ ...asked(c), query }));
      });
    },
    text(operation, handle) {
      operations.push({ ...operation, method: 'get', query: NOTHING, body: null, answer: TEXT });
      app.get(operation.path, (c) => {
        noQuery(c);
        return c.body(handle(asked(c)), 200, { 'content-type': TEXT, 'x-content-type-options': 'nosniff' });
      });
    },
    post(operation, handle) {
      operations.push({ ...operation, method: 'post', query: NOTHING });
      app.post(operation.path, async (c) => {
        noQuery(c);
        const body = parse(operation.body, await readJson(c.req.raw, operation.remedy));
        return json(c, await handle({ ...asked(c), body }));
      });
    },
    postText(operation, handle) {
      operations.push({ ...operation, method: 'post', query: NOTHING });
      app.post(operation.path, async (c) => {
        noQuery(c);
        return json(c, await handle({ ...asked(c), body: await readText(c.req.raw) }));
      });
    },
  };
  return { app, operations, on };
}
