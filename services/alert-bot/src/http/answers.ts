import { z } from 'zod';
import { endQuestion, openQuestion } from '../decision/approval.ts';
import { closeIncident } from '../decision/conclude.ts';
import { replicaFacts } from '../decision/replicas.ts';
import type { Deps } from '../deps.ts';
import { formatDuration } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import { explain } from '../domain/reason.ts';
import { bindingOf } from '../policy/guard-approval.ts';
import { type Approval, approvalsOf, lastApproval } from '../store/approvals.ts';
import { audit, type Person } from '../store/controls.ts';
import { write } from '../store/db.ts';
import type { Incident } from '../store/incidents.ts';
import { lookAtOnce } from '../store/waits.ts';
import { HttpError } from './errors.ts';
import { person, SAY_WHO, strict, words } from './input.ts';
import type { Register } from './operation.ts';
import { done, incidentShape } from './shapes.ts';
import { explained, iso, knownIncident } from './view.ts';

const QUESTION = 'the number of the question, as the page names it';
const NEEDS_WHY = 'say why you reject it: whoever looks at it next will want to know';
const answerShape = strict(
  { ...person, question: z.number({ error: QUESTION }).int(QUESTION).positive(QUESTION).optional() },
  SAY_WHO,
);

const rejectShape = answerShape.extend({
  why: words(NEEDS_WHY).min(1, NEEDS_WHY).meta({ description: 'Whoever looks at it next will want to know' }),
});

const answerView = z.object({
  incident: z.int(),
  question: z.int(),
  target: incidentShape.shape.target,
  does: z.string().nullable().meta({ description: 'What the step does that was asked about' }),
  answer: z.enum(['approved', 'rejected']),
  ...done,
});
const problems = ['not_found', 'conflict', 'log_unavailable', 'platform_unavailable'] as const;

/** A person's answer to what the bot asked (mode approve). */
export function answerRoutes(deps: Deps, on: Register): void {
  const { db } = deps;

  on.post(
    {
      path: '/incidents/:id/approve',
      name: 'approve',
      summary: 'Answers yes to what the bot asked',
      body: answerShape,
      answer: answerView,
      problems,
    },
    async ({ part, body: { question, ...who }, via }) => {
      const asked = questionOf(deps, part('id'), question);
      await assertStillThere(deps, asked);
      const {
        incident,
        question: answered,
        now,
      } = await write(db, () => {
        const still = questionOf(deps, part('id'), asked.question.id);
        const at = deps.now();
        endQuestion(db, still.question, 'approved', who, at);
        audit(db, who, 'approve', subjectOf(still), at, via);
        lookAtOnce(db, still.incident.target, at);
        return { ...still, now: at };
      });
      deps.events.person(who.by, 'approve', `incident ${incident.id}`, who.why);
      deps.wake();
      return viewOf(incident, answered, 'approved', who, now);
    },
  );

  on.post(
    {
      path: '/incidents/:id/reject',
      name: 'reject',
      summary: 'Answers no to what the bot asked: whoever says so has the incident',
      body: rejectShape,
      answer: answerView,
      problems: ['not_found', 'conflict', 'log_unavailable'],
    },
    async ({ part, body: { question, ...who }, via }) => {
      const {
        incident,
        question: answered,
        now,
      } = await write(db, () => {
        const asked = questionOf(deps, part('id'), question);
        const at = deps.now();
        endQuestion(db, asked.question, 'rejected', who, at);
        audit(db, who, 'reject', subjectOf(asked), at, via);
        // Whoever says no has it: the bot is silent until the alert ends and fires anew.
        closeIncident(db, asked.incident, 'handed_over', { reason: null }, at);
        return { ...asked, now: at };
      });
      deps.events.person(who.by, 'reject', `incident ${incident.id}`, who.why);
      deps.events.closed(incident, 'handed_over', now);
      deps.wake();
      return viewOf(incident, answered, 'rejected', who, now);
    },
  );
}

interface Asked {
  incident: Incident;
  question: Approval;
}

const subjectOf = ({ incident, question }: Asked): string =>
  `incident ${incident.id}, question ${question.id}, ${incident.target ?? incident.title}`;

const viewOf = (
  incident: Incident,
  { id, step }: Approval,
  answer: 'approved' | 'rejected',
  who: Person,
  now: number,
): z.output<typeof answerView> => ({
  incident: incident.id,
  question: id,
  target: incident.target,
  does: incident.steps[step]?.kind ?? null,
  answer,
  ...who,
  at: iso(now),
});

/**
 * The question that an answer is for.
 * @throws HttpError `conflict` with the reason where nothing is asked, or something else
 */
function questionOf(deps: Deps, id: string, number: number | undefined): Asked {
  const incident = knownIncident(deps.db, id);
  const question = openQuestion(deps.db, incident.id);
  if (number !== undefined && number !== question?.id) {
    const meant = approvalsOf(deps.db, incident.id).find((one) => one.id === number);
    const now = question === null ? '' : `; now it is asked question ${question.id}: look at it first`;
    if (meant === undefined)
      throw new HttpError('conflict', `incident ${incident.id} was never asked question ${number}${now}`);
    throw new HttpError('conflict', `${howItEnded(meant)}${now}`);
  }
  if (question === null) throw new HttpError('conflict', whyNothing(deps, incident));
  const late = deps.now() - question.expiresAt;
  if (late >= 0)
    throw new HttpError(
      'conflict',
      `question ${question.id} expired ${formatDuration(late)} ago; a person has the incident, or is asked anew`,
    );
  return { incident, question };
}

function whyNothing(deps: Deps, incident: Incident): string {
  const last = lastApproval(deps.db, incident.id);
  if (last !== undefined) return howItEnded(last);
  const because = explained(incident.reason);
  return `incident ${incident.id} asks nothing: it is ${incident.status}${because === null ? '' : `. ${because}`}`;
}

/** What became of a question, for whoever answers it too late. */
function howItEnded({ id, answer, by, why, endedAt }: Approval): string {
  const at = endedAt === null ? '' : ` at ${new Date(endedAt).toISOString()}`;
  switch (answer) {
    case 'approved':
    case 'rejected':
      return `${by} has already ${answer} question ${id}${at}${why ? `: ${why}` : ''}`;
    case 'expired':
      return `question ${id} expired${at}: ${explain('approval_expired')}`;
    default:
      return `question ${id} was taken back${at}: ${why}`;
  }
}

/**
 * Looks whether what was asked about still runs.
 * @throws HttpError `conflict` where it was restarted or replaced, `platform_unavailable` where nobody can say
 */
async function assertStillThere(deps: Deps, { incident, question }: Asked): Promise<void> {
  const { id: number, instances } = question;
  const found = await findTarget(deps, incident);
  const replicas = replicaFacts(deps.db, found);
  const now = bindingOf(replicas);
  const changes = instances.flatMap((asked) => {
    const same = replicas.find((one) => one.id === asked.id);
    if (same === undefined) return [`${asked.id.slice(0, 12)} was replaced or removed`];
    return same.startedAt === asked.startedAt ? [] : [`${same.name} was restarted`];
  });
  const added = now.filter((one) => instances.every((asked) => asked.id !== one.id));
  const names = replicas.filter((one) => added.some(({ id }) => id === one.id)).map(({ name }) => name);
  if (names.length > 0) changes.push(`${names.join(', ')} would be acted on too`);
  if (changes.length === 0 && now.length < instances.length) changes.push('fewer would be acted on');
  if (changes.length === 0) return;
  const { target } = incident;
  // The engine takes the question back, and asks anew where the trouble is still there.
  await write(deps.db, () => lookAtOnce(deps.db, target, deps.now()));
  deps.wake();
  throw new HttpError(
    'conflict',
    `${target} is not what question ${number} was about: ${changes.join('; ')} since it was asked. Nothing was approved`,
  );
}

async function findTarget(deps: Deps, { service }: Incident) {
  try {
    const [target] = service === null ? [] : await deps.platform.find(service);
    return target ?? null;
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    throw new HttpError(
      'platform_unavailable',
      `${error.message}; nothing was approved, because nobody can say what runs`,
    );
  }
}
