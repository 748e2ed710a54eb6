import { parseBody } from '@shop/service/http/input';
import type { RequestContext, Route } from '@shop/service/http/route';
import { setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Events } from '../events.ts';
import type { Operations } from './operation.ts';
import { cookies, segmentSchema, userSchema } from './visitor.ts';

const signInSchema = z.strictObject(
  { user: userSchema, segment: segmentSchema.default('regular') },
  'send one JSON object with user and optionally segment',
);
const signedInSchema = z.object({ user: z.string(), segment: segmentSchema });

/** Names the visitor for the usage events that follow. There is no password: nothing is protected by it. */
export function signInRoutes({ events }: { events: Events }): Route[] {
  const signIn = async (c: RequestContext) => {
    const visitor = await parseBody(c, signInSchema);
    for (const [name, value] of [
      [cookies.user, visitor.user],
      [cookies.segment, visitor.segment],
    ] as const)
      setCookie(c, name, value, { path: '/', httpOnly: true, sameSite: 'Lax' });
    events.signedIn(visitor, c.get('requestId'));
    return c.json(visitor);
  };
  return [{ method: 'POST', path: '/signin', handle: signIn }];
}

export const signInOperations: Operations = {
  'POST /signin': {
    summary: 'Names the visitor for the usage events that follow, by cookies',
    body: signInSchema,
    answers: { 200: { description: 'Signed in', body: signedInSchema } },
    errors: ['invalid_request', 'body_broken_off', 'payload_too_large'],
  },
};
