import { formatDuration } from '../domain/duration.ts';
import { type DifferenceAnswer, inWords, type ReplayAnswer, type StoryAnswer } from '../replay/answer.ts';
import { UNKNOWNS } from '../replay/compare.ts';
import { inOneSentence } from '../replay/summary.ts';
import { column, entry, wrap } from './lines.ts';

type Totals = ReplayAnswer['totals']['was'];

const COUNTED: readonly (readonly [keyof Totals, string])[] = [
  ['incidents', 'incidents'],
  ['actions', 'actions'],
  ['escalated', 'handed to a person'],
  ['asked', 'a person was asked'],
  ['deferred', 'had to wait'],
  ['healed', 'healed'],
  ['recovered', 'recovered by themselves'],
  ['dismissed', 'dismissed'],
];
/** How many times of actions are told one by one. */
const TIMES_TOLD = 4;

/** A replay for people, in 80 columns. */
export function replayLines(replay: ReplayAnswer, file: string): string[] {
  const length = formatDuration(
    Math.floor((Date.parse(replay.to) - Date.parse(replay.from)) / 1_000) * 1_000,
  );
  const { deliveries, observations, commands } = replay.read;
  return [
    ...wrap(inOneSentence(replay), 0),
    '',
    ...entry('file', file),
    ...entry('window', `${replay.from} to ${replay.to} (${length})`),
    ...entry(
      'read',
      `${deliveries} deliveries, ${observations} observations, ${commands} commands of people`,
    ),
    ...replay.gaps.flatMap((gap) => entry('gap', gap)),
    '',
    row('', 'then', 'now'),
    ...COUNTED.map(([key, name]) =>
      row(name, String(replay.totals.was[key]), String(replay.totals.now[key])),
    ),
    ...playbookLines(replay),
    ...section('Differences', replay.differences.flatMap(differenceLines)),
    ...section('Cannot be known', replay.undecided.flatMap(differenceLines)),
    ...section(
      'Not known',
      replay.notKnown.flatMap(({ text, count }) => (count === 0 ? [] : entry(String(count), text, 7))),
    ),
    ...section(
      'Assumed',
      replay.assumptions.flatMap(({ text, count }) => entry(count === null ? '-' : String(count), text, 7)),
    ),
  ];
}

const row = (name: string, was: string, now: string): string =>
  `${column(name, 40)}${was.padStart(8)}${now.padStart(8)}`;

function playbookLines({ playbooks }: ReplayAnswer): string[] {
  const cell = (was: number, now: number) => (was === now ? String(now) : `${was} -> ${now}`).padStart(13);
  if (playbooks.length === 0) return [];
  return [
    '',
    `${column('playbook', 30)}${'actions'.padStart(13)}${'to a person'.padStart(13)}${'healed'.padStart(13)}`,
    ...playbooks.map(
      ({ name, was, now }) =>
        `${column(name, 30)}${cell(was.actions, now.actions)}${cell(was.escalated, now.escalated)}${cell(was.healed, now.healed)}`,
    ),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

function differenceLines(one: DifferenceAnswer): string[] {
  const about = [one.target, one.alert].filter((part) => part !== null).join(', ');
  const number = one.was?.incident == null ? '' : `, incident ${one.was.incident}`;
  return [
    '',
    ...wrap(`${one.at.slice(0, 19)}Z  ${about}${number}`, 0),
    ...indented('then', one.was === null ? 'there was no such incident' : inSentences(one.was)),
    ...indented('now', one.now === null ? 'there would be no such incident' : inSentences(one.now)),
    ...(one.because === null ? [] : indented('because', one.because)),
    ...one.notKnown.flatMap((why) => indented('unknown', UNKNOWNS[why])),
  ];
}

const indented = (name: string, text: string): string[] => entry(`  ${name}`, text, 13);

const clock = (at: string): string => at.slice(11, 19);

function inSentences(story: StoryAnswer): string {
  const told = story.actions.slice(0, TIMES_TOLD).map(clock).join(', ');
  const more = story.actions.length > TIMES_TOLD ? ` and ${story.actions.length - TIMES_TOLD} more` : '';
  const acted = story.actions.length === 0 ? '' : `acted at ${told}${more}; `;
  const asked = story.askedAt === null ? '' : `asked a person at ${clock(story.askedAt)}; `;
  return `${asked}${acted}${endOf(story)}`;
}

function endOf(story: StoryAnswer): string {
  const took =
    story.closedAt === null
      ? ''
      : ` after ${formatDuration(Math.round((Date.parse(story.closedAt) - Date.parse(story.openedAt)) / 1_000) * 1_000)}`;
  const why = story.escalated === null ? '' : ` (${inWords(story.escalated)})`;
  switch (story.end) {
    case 'healed':
      return `healed${took}`;
    case 'recovered':
      return `recovered by itself${took}`;
    case 'dismissed':
      return `dismissed (${inWords(story.decisions.at(-1)?.reason ?? 'the alert went away')})`;
    case 'handed_over':
      return `handed to a person${why}, over${took}`;
    case 'with_a_person':
      return `handed to a person${why}`;
    case 'open':
      return `still open; the last word: ${inWords(story.decisions.at(-1)?.reason ?? 'nothing yet')}`;
  }
}
