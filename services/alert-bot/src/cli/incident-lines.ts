import { PERSONS_STOPS } from '../domain/reason.ts';
import type { DecisionAnswer, DetailAnswer, IncidentAnswer } from './answers.ts';
import { age, column, entry, plain, plainJson, wrap } from './lines.ts';

/** The table of incidents, in 80 columns. */
export function incidentTable(incidents: readonly IncidentAnswer[], now: number): string[] {
  const row = (id: string, status: string, reason: string, target: string, old: string) =>
    [column(id, 5), column(status, 17), column(reason, 20), target, old].join(' ').trimEnd();
  return [
    row('id', 'status', 'reason', column('target', 30), 'age'),
    ...incidents.map((one) =>
      row(
        String(one.id),
        one.status,
        // What became of it says more than its last reason.
        one.outcome ?? one.reason ?? '-',
        one.target === null ? column(one.title, 30) : column(one.target, 30, 'end'),
        age(now - Date.parse(one.openedAt)),
      ),
    ),
  ];
}

/** What a story holds besides: what each decision saw, as JSON; what was captured, whole. */
export interface More {
  facts?: boolean | undefined;
  evidence?: boolean | undefined;
}

/** The story of one incident. */
export function incidentStory(one: DetailAnswer, now: number, { facts = false, evidence = false }: More) {
  return [
    ...entry('incident', `${one.id}, ${one.title} (${one.severity})`),
    // A storm's own incident has no alert that could name them.
    ...(one.episodes.length === 0 && one.target === null
      ? []
      : [
          ...entry('target', one.target ?? 'none was found'),
          ...entry('playbook', one.playbook ?? 'none matches'),
        ]),
    ...entry('status', statusOf(one)),
    ...entry('opened', `${one.openedAt}, ${age(now - Date.parse(one.openedAt))} ago`),
    ...(one.closedAt === null ? [] : entry('closed', one.closedAt)),
    ...entry('next', nextOf(one)),
    ...(one.trace === null ? [] : entry('trace', one.trace)),
    ...one.escalations.flatMap(pageLines),
    ...one.episodes.flatMap(({ labels, closedAt }) =>
      entry('alert', `${labelsOf(labels)}${closedAt === null ? '' : `, ended ${closedAt}`}`),
    ),
    ...section(
      'Decisions',
      one.decisions.flatMap((d, i) => decisionLines(d, i === one.decisions.length - 1, facts)),
    ),
    ...section('Attempts', one.attempts.flatMap(attemptLines)),
    ...section(
      evidence ? 'Evidence' : 'Evidence (--evidence prints it)',
      one.evidence.flatMap((piece) => evidenceLines(one, piece, evidence)),
    ),
    ...section(
      'Timeline',
      one.timeline.flatMap(({ at, text }) => entry(clock(at), text, 10, SECTION)),
    ),
  ];
}

/** How far what stands below a title is indented. */
const SECTION = 2;

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `${' '.repeat(SECTION)}${line}`)];

export const labelsOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ');

/** The time of day in UTC; the day stands above. */
export const clock = (at: string): string => at.slice(11, 19);

const statusOf = ({ status, outcome, reason, explanation }: DetailAnswer): string =>
  [
    outcome === null ? status : `${status}, ${outcome}`,
    reason === null ? '' : ` (${reason})`,
    explanation === null ? '' : `: ${explanation}`,
  ].join('');

/** What happens next, and when, or what a person can do. */
function nextOf({ id, status, reason, until, target, deadline, proof, approvals }: DetailAnswer): string {
  const asLong = PERSONS_STOPS.some((stop) => stop === reason) || reason === 'storm';
  const latest = asLong ? '; it waits as long as that holds' : `; from ${deadline} on a person has it`;
  switch (status) {
    case 'new':
      return 'it is decided about at once';
    case 'deferred':
      return `it is decided about again ${until === null ? 'every 5s' : `at ${until}, or sooner`}${latest}`;
    case 'awaiting_approval': {
      const open = approvals.find(({ answer }) => answer === null);
      if (open === undefined) return 'a person is asked';
      const { id: question, expiresAt } = open;
      return `until ${expiresAt} a person may answer: alert-bot approve ${id} --question ${question}, or alert-bot reject ${id} --question ${question} --why "…"`;
    }
    case 'queued':
      return 'it is acted on as soon as its turn comes';
    case 'acting':
      return 'evidence is kept, then the platform is called, then proof is sought';
    case 'proving':
      return `proof is sought${proof === null ? '' : ` until ${new Date(proof.deadline).toISOString()}`}`;
    case 'escalated':
      return `a person has it; ${target === null ? withoutTarget(reason) : `alert-bot reset ${target} hands it back`}`;
    default:
      return 'nothing';
  }
}

/** What a person was told; a question stands as what is next. */
function pageLines({
  reason,
  annotations,
  endedAt,
  lastSentAt,
  acknowledgedBy,
}: DetailAnswer['escalations'][number]) {
  if (reason === 'approval_required') return [];
  const by = acknowledgedBy === null ? '' : `, acknowledged by ${acknowledgedBy}`;
  const ended = endedAt === null ? '' : `ended ${endedAt}${by}: `;
  const unsent = endedAt === null && lastSentAt === null;
  const sent = unsent ? ' (not sent yet: Alertmanager has not taken it)' : '';
  return entry('page', `${ended}${annotations['description'] ?? reason}${sent}`);
}

/** What a person does about an incident that no target can be reset for. */
function withoutTarget(reason: string | null): string {
  if (reason === 'storm') return 'what it holds goes on when it is calm, or with alert-bot release';
  if (reason === 'internal_error') return "the bot's log says what failed";
  return "mend the alert's service label, or the playbook's target: it ends with the alert";
}

function decisionLines(
  { at, count, facts: seen, ...decision }: DetailAnswer['decisions'][number],
  isLast: boolean,
  facts: boolean,
): string[] {
  const times = count === 1 ? '' : `, ${count} times`;
  return [
    ...entry(clock(at), `${decision.kind} ${decision.reason}${times}: ${decision.explanation}`, 10, SECTION),
    ...guardLines(
      isLast ? decision.guards : decision.guards.filter(({ answer }) => answer !== 'allow'),
      SECTION + 2,
    ).map((line) => `  ${line}`),
    ...(facts ? [`  facts ${plainJson(seen)}`] : []),
  ];
}

/** Each guard, its answer and the numbers behind it. */
export const guardLines = (guards: DecisionAnswer['guards'], inside = 0): string[] =>
  guards.flatMap(({ guard, answer, because }) =>
    entry(`${guard.padEnd(14)}${answer.padEnd(9)}`, because, 23, inside),
  );

function attemptLines({
  step,
  number,
  reason,
  reservedAt,
  outcome,
  detail,
  calls,
}: DetailAnswer['attempts'][number]) {
  const ended = outcome === null ? 'under way' : `${outcome}${detail === null ? '' : `: ${detail}`}`;
  return [
    ...entry(clock(reservedAt), `attempt ${number} of step ${step + 1} (${reason}), ${ended}`, 10, SECTION),
    ...calls.map(({ verb, instance, result }) =>
      plain(`          ${verb} ${instance.slice(0, 12)}: ${result ?? 'not answered yet'}`),
    ),
  ];
}

function evidenceLines(
  { attempts }: DetailAnswer,
  { attempt, moment, kind, subject, content, truncated, error }: DetailAnswer['evidence'][number],
  whole: boolean,
): string[] {
  const of = attempts.find(({ id }) => id === attempt);
  const when = `${moment} ${of === undefined ? 'the action' : `attempt ${of.number} of step ${of.step + 1}`}`;
  const size = `${Buffer.byteLength(content)} bytes${truncated ? ', cut off' : ''}`;
  return [
    ...wrap(`${when}, ${kind} of ${subject}: ${error === null ? size : `not captured, ${error}`}`, SECTION),
    ...(whole && content !== ''
      ? content
          .trimEnd()
          .split('\n')
          .map((line) => plain(`  ${line}`))
      : []),
  ];
}
