import { z } from 'zod';
import { entry } from './lines.ts';

const outcomeShape = z.looseObject({
  outcome: z.string(),
  /** null: not decided yet. none: not something that is decided about, such as a heartbeat. */
  decision: z.string().nullable(),
  reason: z.string().optional(),
  explanation: z.string().optional(),
  target: z.string().nullish(),
  incident: z.number().nullish(),
});

/** What `POST /webhook` answers; the decisions only where they were waited for. */
export const receiptShape = z.looseObject({
  delivery: z.string(),
  accepted: z.number(),
  rejected: z.array(z.looseObject({ field: z.string(), message: z.string() })),
  decisions: z.array(outcomeShape).optional(),
});
export type Receipt = z.output<typeof receiptShape>;

/** Prints a receipt for a person, one fact a line. */
export function printReceipt(
  receipt: Receipt,
  wait: string | undefined,
  print: (line: string) => void,
): void {
  const say = (name: string, text: string) => {
    for (const line of entry(name, text, 10)) print(line);
  };
  print(`delivery  ${receipt.delivery}`);
  print(`accepted  ${receipt.accepted}`);
  print(`rejected  ${receipt.rejected.length}`);
  for (const { field, message } of receipt.rejected)
    say('', message.startsWith(field) ? message : `${field}: ${message}`);
  if (wait === undefined) return;
  const { decisions = [] } = receipt;
  if (decisions.length === 0) print(`decision  none within ${wait}`);
  for (const decision of decisions) say('decision', sentence(decision, wait));
}

function sentence(found: z.output<typeof outcomeShape>, wait: string): string {
  const { outcome, decision, reason, explanation, target, incident } = found;
  const decided = decision === null ? `none within ${wait}` : `${decision}${reason ? ` (${reason})` : ''}`;
  const about = [`alert ${outcome}`, target && `target ${target}`, incident && `incident ${incident}`];
  return `${[decided, ...about].filter(Boolean).join(', ')}${explanation ? `. ${explanation}` : ''}`;
}
