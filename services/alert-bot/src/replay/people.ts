import { z } from 'zod';
import { endQuestion, openQuestion } from '../decision/approval.ts';
import { closeIncident } from '../decision/conclude.ts';
import type { Instant } from '../domain/duration.ts';
import { addPause, endPauses, type Person } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { openIncidentOf } from '../store/incidents.ts';
import { lookAtHeld } from '../store/storm-line.ts';
import { openStorm, releaseStorm } from '../store/storms.ts';
import { resetTarget } from '../store/targets.ts';
import { lookAtOnce } from '../store/waits.ts';

/** What a person did in the past. */
type Command = { at: Instant; person: Person } & (
  | { kind: 'pause'; scope: string; until: Instant | null }
  | { kind: 'resume'; scope: string }
  | { kind: 'reset'; target: string }
  | { kind: 'release' }
  | { kind: 'answer'; target: string; answer: 'approved' | 'rejected' }
);

const pauseRow = z.object({
  by: z.string(),
  why: z.string(),
  at: z.number(),
  until: z.number().nullable(),
  ended_at: z.number().nullable(),
  scope: z.string(),
});
const auditRow = z.object({
  at: z.number(),
  by: z.string(),
  why: z.string(),
  action: z.string(),
  subject: z.string(),
});
const answerRow = z.object({
  ended_at: z.number(),
  answer: z.enum(['approved', 'rejected']),
  by: z.string(),
  why: z.string().nullable(),
  target_id: z.string(),
});

/** Reads what people did between two times, and the pauses that held when it began. */
function commandsOf(log: Db, from: Instant, to: Instant): Command[] {
  const commands: Command[] = [];
  for (const row of log.prepare('SELECT * FROM pauses WHERE at <= ? ORDER BY id').all(to)) {
    const { by, why, at, until, ended_at: ended, scope } = pauseRow.parse(row);
    if (Math.min(ended ?? Number.POSITIVE_INFINITY, until ?? Number.POSITIVE_INFINITY) <= from) continue;
    commands.push({ kind: 'pause', at: Math.max(at, from), person: { by, why }, scope, until });
    if (ended !== null) commands.push({ kind: 'resume', at: ended, person: { by, why }, scope });
  }
  const told = log.prepare(
    "SELECT * FROM audit WHERE at BETWEEN ? AND ? AND action IN ('reset', 'release') ORDER BY id",
  );
  for (const row of told.all(from, to)) {
    const { at, by, why, action, subject } = auditRow.parse(row);
    const who = { at, person: { by, why } };
    commands.push(
      action === 'reset' ? { kind: 'reset', target: subject, ...who } : { kind: 'release', ...who },
    );
  }
  // The numbers of incidents and questions are not the same now: an answer is for its target.
  const answers = log.prepare(
    `SELECT a.ended_at, a.answer, a.by, a.why, i.target_id FROM approvals a JOIN incidents i ON i.id = a.incident_id
     WHERE a.answer IN ('approved', 'rejected') AND a.by IS NOT NULL AND i.target_id IS NOT NULL
       AND a.ended_at BETWEEN ? AND ? ORDER BY a.id`,
  );
  for (const row of answers.all(from, to)) {
    const { ended_at: at, answer, by, why, target_id: target } = answerRow.parse(row);
    commands.push({ kind: 'answer', at, person: { by, why: why ?? '' }, target, answer });
  }
  return commands.sort((a, b) => a.at - b.at);
}

export interface PeopleCounts {
  commands: number;
  /** Answers to a question that is not asked now. */
  unasked: number;
}

/** Does what people did in the past, when they did it. */
export function createPeople(log: Db, db: Db, { from, to }: { from: Instant; to: Instant }) {
  const commands = commandsOf(log, from, to);
  const counts: PeopleCounts = { commands: 0, unasked: 0 };
  let next = 0;

  function answer(command: Extract<Command, { kind: 'answer' }>, now: Instant): void {
    const incident = openIncidentOf(db, command.target);
    const question = incident === undefined ? null : openQuestion(db, incident.id);
    if (incident === undefined || question === null || question.expiresAt <= now) {
      counts.unasked += 1;
      return;
    }
    endQuestion(db, question, command.answer, command.person, now);
    if (command.answer === 'rejected') closeIncident(db, incident, 'handed_over', { reason: null }, now);
    else lookAtOnce(db, command.target, now);
  }

  function carryOut(command: Command, now: Instant): void {
    switch (command.kind) {
      case 'pause':
        addPause(db, command.person, command.until, now, command.scope);
        return;
      case 'resume':
        endPauses(db, now, command.scope);
        lookAtOnce(db, null, now);
        return;
      case 'reset':
        resetTarget(db, command.target, now);
        lookAtOnce(db, command.target, now);
        return;
      case 'release': {
        const storm = openStorm(db);
        if (storm === undefined || storm.releasedAt !== null) return;
        releaseStorm(db, storm.id, now);
        lookAtHeld(db, storm.id, null, now);
        return;
      }
      case 'answer':
        answer(command, now);
        return;
    }
  }

  return {
    counts,
    next: (): Instant => commands[next]?.at ?? Number.POSITIVE_INFINITY,
    take(): void {
      const command = commands[next];
      if (command === undefined) return;
      next += 1;
      counts.commands += 1;
      db.transaction(() => carryOut(command, command.at))();
    },
  };
}
