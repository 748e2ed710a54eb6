import { z } from 'zod';
import { formatDuration } from '../domain/duration.ts';
import { pause } from './answers.ts';
import { entry, plain } from './lines.ts';
import { pausedBy } from './targets.ts';

const record = z.looseObject({
  counted: z.number(),
  since: z.string().nullable(),
  open: z.number(),
  healed: z.number(),
  recovered: z.number(),
  handedOver: z.number(),
  dismissed: z.number(),
  relapsed: z.number(),
  successRate: z.number().nullable(),
  medianTimeToHealMs: z.number().nullable(),
});
/** A playbook as the API answers it, as far as it is told. */
export const playbook = z.looseObject({
  name: z.string(),
  mode: z.string(),
  matchers: z.array(z.string()),
  service: z.string(),
  steps: z.array(z.looseObject({ kind: z.string(), attempts: z.number().optional() })),
  shadowedBy: z.array(z.string()),
  warnings: z.array(z.string()),
  paused: pause.nullable(),
  record,
});
/** What is known of one playbook: each line that says something. */
export const playbookLines = (one: z.output<typeof playbook>): string[] => [
  plain(one.name),
  ...[
    ['mode', one.mode],
    ['matches', one.matchers.join(', ')],
    ['acts on', one.service],
    ['does', one.steps.map(stepText).join('; then ')],
    ['paused', one.paused === null ? '' : pausedBy(one.paused)],
    ['matched', matchedText(one.record)],
    ['success', successText(one.record)],
    ['heals', healsText(one.record)],
    ['shadowed', shadowText(one.shadowedBy)],
    ...one.warnings.map((text) => ['warning', text]),
  ].flatMap(([name = '', text = '']) => (text === '' ? [] : entry(`  ${name}`, text, 14))),
];

const stepText = ({ kind, attempts }: z.output<typeof playbook>['steps'][number]): string =>
  kind === 'escalate'
    ? 'tell a person'
    : `${kind}${attempts === undefined ? '' : attempts === 1 ? ' once' : `, up to ${attempts} times`}`;

function matchedText({ counted, since, ...became }: z.output<typeof record>): string {
  if (counted === 0) return 'nothing yet';
  const { open, healed, relapsed, recovered, handedOver, dismissed } = became;
  const parts = [
    [healed, `healed${relapsed === 0 ? '' : ` (of which ${relapsed} relapsed)`}`],
    [open, 'open'],
    [recovered, 'recovered without it'],
    [handedOver, 'handed to a person'],
    [dismissed, 'dismissed'],
  ].flatMap(([count = 0, what = '']) => (count === 0 ? [] : [`${count} ${what}`]));
  const from = since === null ? '' : ` since ${since}`;
  return `${counted} ${counted === 1 ? 'incident' : 'incidents'}${from}: ${parts.join(', ')}`;
}

function successText({ counted, successRate }: z.output<typeof record>): string {
  if (successRate !== null)
    return `${Math.round(100 * successRate)} % of the incidents it acted on stayed well`;
  return counted === 0 ? '' : 'not known: none that was acted on is over';
}

const healsText = ({ medianTimeToHealMs: median }: z.output<typeof record>): string =>
  median === null ? '' : `half of them within ${formatDuration(Math.round(median / 1_000) * 1_000)}`;

const shadowText = (before: readonly string[]): string =>
  before.length === 0
    ? ''
    : `never reached: ${before.join(', ')} before it ${before.length === 1 ? 'matches' : 'match'} all that it matches`;
