import { z } from 'zod';
import type { Segment } from '../users/action.ts';

/** What a user knows and carries from one action to the next. */
export interface Customer {
  name: string;
  segment: Segment;
  /** The value of each cookie that the api has set. */
  cookies: Map<string, string>;
  /** Transactions that were seen in a list or bought, the newest last; a few are enough to look at. */
  seen: string[];
  /** Where the list goes on, while there is a next page. */
  nextPage: string | undefined;
}

const mostSeen = 50;

export function createCustomer(name: string, segment: Segment): Customer {
  return { name, segment, cookies: new Map(), seen: [], nextPage: undefined };
}

/** What goes with each request: the segment as W3C baggage, so that it reaches every service of the trace. */
export function headersOf({ segment, cookies }: Customer): Record<string, string> {
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  return { baggage: `user.segment=${segment}`, ...(cookie === '' ? {} : { cookie }) };
}

/** Takes over the cookies of an answer, `Set-Cookie` headers as they came. */
export function keepCookies({ cookies }: Customer, setCookies: readonly string[]): void {
  for (const line of setCookies) {
    const [, name, value] = /^\s*([^=;\s]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) cookies.set(name, value);
  }
}

const page = z.object({ transactions: z.array(z.object({ id: z.string() })), next: z.string().nullable() });
const transaction = z.object({ id: z.string() });

export function keepPage(customer: Customer, body: unknown): void {
  const read = page.safeParse(body);
  customer.nextPage = read.data?.next ?? undefined;
  for (const { id } of read.data?.transactions ?? []) keepSeen(customer, id);
}

export function keepBought(customer: Customer, body: unknown): void {
  const bought = transaction.safeParse(body);
  if (bought.success) keepSeen(customer, bought.data.id);
}

function keepSeen({ seen }: Customer, id: string): void {
  seen.push(id);
  if (seen.length > mostSeen) seen.splice(0, seen.length - mostSeen);
}
