import type { ErrorCode } from '@shop/service/errors';
import type { z } from 'zod';

/** What `/openapi.json` tells of one route, from the schemas that the route itself validates with. */
export interface Operation {
  summary: string;
  path?: z.ZodObject;
  query?: z.ZodObject;
  header?: z.ZodObject;
  body?: z.ZodType;
  /** The answers that are no errors, by status. */
  answers: Readonly<Record<number, Answer>>;
  /** The errors it may answer with, beside those of any route. */
  errors?: readonly ErrorCode[];
  /** A bearer token is needed. */
  secured?: boolean;
}

export interface Answer {
  description: string;
  /** In JSON; without one, what `type` names. */
  body?: z.ZodType;
  type?: string;
}

/** By method and path, as in `GET /transactions/:id`. */
export type Operations = Readonly<Record<string, Operation>>;
