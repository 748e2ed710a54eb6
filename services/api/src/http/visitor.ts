import type { RequestContext } from '@shop/service/http/route';
import { type Segment, segments } from '@shop/service/telemetry/tracing';
import { getCookie } from 'hono/cookie';
import { z } from 'zod';

export const userSchema = z
  .string('give the name of the user')
  .regex(/^[A-Za-z0-9._@-]{1,64}$/, 'give 1 to 64 letters, digits, dots, dashes, underscores or @');
export const segmentSchema = z.enum(segments, `give one of ${segments.join(', ')}`);

/** Who a usage event is about, as far as is known. */
export interface Visitor {
  user: string;
  segment: Segment | 'unknown';
}

/** The cookies that a sign-in sets. They name a visitor and prove nothing: nothing here is protected by them. */
export const cookies = { user: 'user', segment: 'segment' } as const;

/** The visitor of a request: from the cookies of the sign-in, the segment also from W3C baggage. */
export function visitorOf(c: RequestContext): Visitor {
  const user = userSchema.safeParse(getCookie(c, cookies.user));
  const baggage = /(?:^|,)\s*user\.segment\s*=\s*(\w+)/.exec(c.req.header('baggage') ?? '')?.[1];
  const segment = segmentSchema.safeParse(getCookie(c, cookies.segment) ?? baggage);
  return {
    user: user.success ? user.data : 'anonymous',
    segment: segment.success ? segment.data : 'unknown',
  };
}
