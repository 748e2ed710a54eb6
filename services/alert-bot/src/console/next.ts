import type { Instant } from '../domain/duration.ts';
import { PERSONS_STOPS } from '../domain/reason.ts';
import type { Approval } from '../store/approvals.ts';
import type { Incident } from '../store/incidents.ts';

/** What happens next to an incident, and when; `at` is null where no time is known. */
export interface Next {
  text: string;
  at: Instant | null;
}

/** In words for whoever looks at the incident in the console. */
export function nextOf(incident: Incident, question: Pick<Approval, 'expiresAt'> | null): Next {
  const { status, until, deadline, reason, target, proof, escalated } = incident;
  switch (status) {
    case 'new':
      return { text: 'It is decided about at once.', at: null };
    case 'queued':
      return { text: 'It is acted on as soon as its turn comes.', at: null };
    case 'acting':
      return { text: 'Evidence is kept, then the platform is called, then proof is sought.', at: null };
    case 'proving':
      return { text: 'Proof is sought; without any, a person is told', at: proof?.deadline ?? null };
    case 'awaiting_approval':
      return {
        text: 'It waits for your answer; without one, a person is told',
        at: question?.expiresAt ?? null,
      };
    case 'deferred': {
      if (until !== null) return { text: 'It is decided about again', at: until };
      const asLong = PERSONS_STOPS.some((stop) => stop === reason) || reason === 'storm';
      return asLong
        ? { text: 'It waits as long as that holds.', at: null }
        : { text: 'It is looked at again every 5s; a person is told', at: deadline };
    }
    case 'lost':
      return { text: 'A person is told.', at: null };
    case 'escalated':
      if (target === null || escalated === null)
        return { text: 'A person has it; it ends with its alert.', at: null };
      return {
        text: 'A person has it. It ends with its alert and the proof that the target is well; a reset hands it back to the bot.',
        at: null,
      };
    case 'closed':
      return { text: 'Nothing: it is over.', at: null };
  }
}
