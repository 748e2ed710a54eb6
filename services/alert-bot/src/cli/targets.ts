import { formatDuration } from '../domain/duration.ts';
import { read, type TargetAnswer, targetList } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, get } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { entry, plain, plainJson } from './lines.ts';

export const targets: Command = {
  help: `Usage: alert-bot targets [--all] [--json]

What the bot may act on: how it runs, what is left of its budgets, whether it is
quarantined or paused.

  --all               also what is not opted in
${ANSWER_HELP}
${CLIENT_HELP}

Example: alert-bot targets --all`,
  async run(args, around) {
    const options = { ...CLIENT_OPTIONS, ...JSON_OPTION, all: { type: 'boolean' } } as const;
    const { values } = readArgs('targets', args, options);
    const answer = await get(around, values, '/api/v1/targets');
    if (values.json) {
      around.print(plainJson(answer, 2));
      return 0;
    }
    const { paused, targets: found } = read(targetList, answer);
    const shown = found.filter((one) => values.all || one.optedIn || one.invalidLabel !== null);
    if (paused !== null) around.print(`Everything is paused, ${pausedBy(paused)}.`);
    for (const line of shown.flatMap(targetLines)) around.print(line);
    if (shown.length === 0)
      around.print('Nothing is opted in: label what may be restarted alert-bot.enable="true".');
    const rest = found.length - shown.length;
    if (rest > 0) around.print(`${rest} more ${rest === 1 ? 'is' : 'are'} not opted in: --all shows them.`);
    return 0;
  },
};

/** What is known of one target: each line that says something. */
function targetLines(target: TargetAnswer): string[] {
  const { id, instances, budgets, quarantine, incident, paused } = target;
  const runs = instances.length === 0 ? ['no instance'] : instances.map(instanceText);
  return [
    plain(id),
    ...[
      ['may', mayText(target)],
      ['runs', runs.join('; ')],
      ['budget', target.optedIn ? budgets.map(budgetText).join(', ') : ''],
      ['quarantine', quarantine === null ? '' : quarantineText(quarantine, id)],
      ['paused', paused === null ? '' : pausedBy(paused)],
      ['incident', incident === null ? '' : `${incident}: alert-bot incidents show ${incident}`],
    ].flatMap(([name = '', text = '']) => (text === '' ? [] : entry(`  ${name}`, text, 14))),
  ];
}

function mayText({ optedIn, invalidLabel, mode, protectedBecause }: TargetAnswer): string {
  if (protectedBecause !== null) return `not be acted on, it is protected: ${protectedBecause}`;
  if (invalidLabel !== null) return `not be acted on until it is mended: ${invalidLabel}`;
  if (!optedIn) return 'not be acted on: alert-bot.enable="true" is not set';
  return mode === null ? 'be acted on' : `be acted on, its label says mode ${mode}`;
}

const instanceText = ({ name, running, health }: TargetAnswer['instances'][number]): string =>
  `${name} ${running ? 'runs' : 'does not run'}${running && health !== 'none' ? `, ${health}` : ''}`;

const budgetText = ({ attempts, per, left }: TargetAnswer['budgets'][number]): string =>
  `${left} of ${attempts} left in ${formatDuration(per)}`;

const quarantineText = ({ until }: NonNullable<TargetAnswer['quarantine']>, id: string): string =>
  until === null
    ? `until a person ends it: alert-bot reset ${id}`
    : `until ${until}, or alert-bot reset ${id}`;

/** Who stopped it, why, and until when. */
export const pausedBy = ({ by, why, until }: NonNullable<TargetAnswer['paused']>): string =>
  `by ${by}${why === '' ? '' : ` (${why})`}${until === null ? ' until somebody resumes' : ` until ${until}`}`;
