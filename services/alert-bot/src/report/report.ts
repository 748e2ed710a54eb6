import { z } from 'zod';

const millis = z.number();
const subject = { id: z.number(), target: z.string().nullable(), title: z.string() };

/** Incidents that nothing was done about, for one reason; the first few of them. */
const leftAlone = z.object({
  reason: z.string().nullable(),
  explanation: z.string(),
  count: z.number(),
  examples: z.array(z.object(subject)),
});

/** @param time of a moment */
const shapeWith = <Time extends z.ZodType>(time: Time) =>
  z.object({
    from: time,
    to: time,
    /** When it was made: what waits, is held or is nearly spent is of then. */
    at: time,
    counts: z.object({
      opened: z.number(),
      closed: z.object({
        healed: z.number(),
        recovered: z.number(),
        handed_over: z.number(),
        dismissed: z.number(),
      }),
      /** Attempts that reached the platform. */
      attempts: z.number(),
    }),
    /** Incidents opened, by slots of equal length (ms). */
    openedBy: z.object({ slot: millis, counts: z.array(z.number()) }),
    healed: z.array(
      z.object({
        ...subject,
        playbook: z.string().nullable(),
        closedAt: time,
        /** From its opening to its proof. */
        took: millis,
        /** That reached the platform. */
        attempts: z.number(),
        /** `no_traffic`: nothing asked the new process before the proof, which is a weak one. */
        weakProof: z.string().nullable(),
      }),
    ),
    /** Half of the healed ones took no longer; null where there are none. */
    medianHeal: millis.nullable(),
    recurring: z.array(
      z.object({
        target: z.string(),
        healed: z.number(),
        handedOver: z.number(),
        last: time,
        /** Whether a person was paged for it. */
        told: z.boolean(),
      }),
    ),
    waiting: z.array(
      z.object({
        ...subject,
        /** page: handed to a person. question: mode approve asks. */
        kind: z.enum(['page', 'question']),
        reason: z.string(),
        explanation: z.string(),
        since: time,
        /** Of a question: it expires then. */
        until: time.nullable(),
        acknowledgedBy: z.string().nullable(),
      }),
    ),
    ofWaiting: z.number(),
    quarantines: z.array(z.object({ target: z.string(), until: time.nullable() })),
    /** What a person has stopped. */
    pauses: z.array(z.object({ scope: z.string(), by: z.string(), why: z.string(), until: time.nullable() })),
    storm: z.object({ incident: z.number(), since: time, held: z.number() }).nullable(),
    /** Incidents that wait now. */
    held: z.array(leftAlone),
    /** Incidents of the time that are over and were never acted on. */
    leftAlone: z.array(leftAlone),
    /** Budgets with one attempt left, or none; null where the platform did not say which targets there are. */
    budgets: z
      .array(z.object({ target: z.string(), per: millis, attempts: z.number(), left: z.number() }))
      .nullable(),
  });

/** As it is sent: times are ISO 8601 in UTC. */
export const reportAnswer = shapeWith(z.iso.datetime()).meta({ id: 'Report' });

/**
 * What a report tells of a time, times in milliseconds; `z.encode` makes an answer of it, and `parse` reads one. Lists hold what
 * a page holds; `counts` and `ofWaiting` say how many there were in all.
 */
export const reportShape = shapeWith(
  z.codec(z.iso.datetime(), z.number(), {
    decode: (written) => Date.parse(written),
    encode: (at) => new Date(at).toISOString(),
  }),
);
export type Report = z.output<typeof reportShape>;
export type LeftAlone = Report['held'][number];
