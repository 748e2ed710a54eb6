import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { formatDuration } from '../domain/duration.ts';
import { MODES, type Playbook, type Step } from '../domain/playbook.ts';
import { allPauses } from '../store/controls.ts';
import { type PlaybookRecord, playbookRecord } from '../store/record.ts';
import { doubtsOf } from './doubts.ts';
import { NOTHING, type Register } from './operation.ts';
import { maybeAt, pauseShape } from './shapes.ts';
import { pauseView, time } from './view.ts';

const duration = z.string().meta({ description: 'As it is written in the file: 1m30s' });
const stepShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('restart'), timeout: duration, attempts: z.int() }),
  z.object({ kind: z.literal('escalate') }),
]);
const recordShape = z
  .object({
    counted: z.int().meta({ description: 'How many of its latest incidents this is about' }),
    since: maybeAt.meta({ description: 'When the first of them opened' }),
    last: z.int().nullable().meta({ description: 'Its latest incident' }),
    open: z.int(),
    healed: z.int(),
    recovered: z.int(),
    handedOver: z.int(),
    dismissed: z.int(),
    relapsed: z.int().meta({ description: 'Healed, and the same target in trouble again within 1h' }),
    successRate: z.number().nullable().meta({
      description:
        'Of those that were acted on and are closed, the share that was healed and did not relapse',
    }),
    medianTimeToHealMs: z.number().nullable(),
  })
  .meta({ id: 'PlaybookRecord' });

const playbookShape = z
  .object({
    name: z.string(),
    mode: z.enum(MODES),
    matchers: z.array(z.string()),
    service: z.string().meta({ description: 'The template of the service that is acted on' }),
    steps: z.array(stepShape),
    limits: z.object({
      cooldown: duration,
      backoff: z.object({ initial: duration, factor: z.number(), max: duration }),
      budgets: z.array(z.object({ attempts: z.int(), per: duration })),
      quarantine: duration.meta({ description: 'A duration, or manual' }),
      deferAtMost: duration,
      approveWithin: duration,
      settle: duration,
    }),
    prove: z.object({
      within: duration,
      stable: duration,
      query: z.object({ query: z.string(), above: z.number() }).nullable(),
    }),
    shadowedBy: z
      .array(z.string())
      .meta({ description: 'Playbooks before it that match whatever it matches' }),
    warnings: z.array(z.string()).meta({ description: 'What is legal and probably not meant' }),
    paused: pauseShape.nullable(),
    record: recordShape,
  })
  .meta({ id: 'Playbook' });

/** The playbooks as the bot understands them, how they fared, and the file that they were compiled from. */
export function playbookRoutes(deps: Deps, on: Register): void {
  on.text(
    {
      path: '/playbooks/text',
      name: 'readPlaybookFile',
      summary: 'The playbook file that is in force as it is written, without the overrides',
    },
    () => deps.playbooks().text,
  );
  on.get(
    {
      path: '/playbooks',
      name: 'listPlaybooks',
      summary: 'The playbooks as understood, with the defaults filled in, and how they fared',
      query: NOTHING,
      answer: z.object({
        playbooks: z.array(playbookShape),
        limits: z.object({
          concurrent: z.int(),
          targets: z.object({ count: z.int(), percent: z.number(), per: duration }),
          storm: z.object({ incidents: z.int(), per: duration, calm: duration }),
        }),
        warnings: z.array(z.string()).meta({ description: 'About the file as a whole' }),
      }),
    },
    async () => {
      const file = deps.playbooks();
      const told = doubtsOf(file);
      const pauses = allPauses(deps.db, deps.now());
      const playbooks: z.output<typeof playbookShape>[] = [];
      for (const [index, playbook] of file.playbooks.entries()) {
        // A record takes some milliseconds: others have their turn between two.
        await deps.breathe();
        const paused = pauses.find(({ scope }) => scope === `playbook:${playbook.name}`);
        playbooks.push({
          ...understood(playbook),
          shadowedBy: told.shadows[index] ?? [],
          warnings: told.warnings.get(index) ?? [],
          paused: paused === undefined ? null : pauseView(paused),
          record: recordView(playbookRecord(deps.db, playbook.name)),
        });
      }
      const { concurrent, targets, storm } = file.limits;
      return {
        playbooks,
        limits: {
          concurrent,
          targets: { ...targets, per: formatDuration(targets.per) },
          storm: { ...storm, per: formatDuration(storm.per), calm: formatDuration(storm.calm) },
        },
        warnings: told.warnings.get(null) ?? [],
      };
    },
  );
}

function understood({ name, mode, matchers, service, steps, limits, prove }: Playbook) {
  const { backoff, budgets, quarantine } = limits;
  return {
    name,
    mode,
    matchers: [...matchers],
    service,
    steps: steps.map(stepView),
    limits: {
      cooldown: formatDuration(limits.cooldown),
      backoff: {
        initial: formatDuration(backoff.initial),
        factor: backoff.factor,
        max: formatDuration(backoff.max),
      },
      budgets: budgets.map(({ attempts, per }) => ({ attempts, per: formatDuration(per) })),
      quarantine: quarantine === 'manual' ? quarantine : formatDuration(quarantine),
      deferAtMost: formatDuration(limits.deferAtMost),
      approveWithin: formatDuration(limits.approveWithin),
      settle: formatDuration(limits.settle),
    },
    prove: { within: formatDuration(prove.within), stable: formatDuration(prove.stable), query: prove.query },
  };
}

const stepView = (step: Step): z.output<typeof stepShape> =>
  step.kind === 'restart' ? { ...step, timeout: formatDuration(step.timeout) } : step;

const recordView = ({ since, medianTimeToHeal, ...rest }: PlaybookRecord): z.output<typeof recordShape> => ({
  ...rest,
  since: time(since),
  medianTimeToHealMs: medianTimeToHeal,
});
