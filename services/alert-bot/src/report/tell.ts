import { formatDuration, type Millis } from '../domain/duration.ts';
import type { LeftAlone, Report } from './report.ts';
import { bar, brief, dayAndTime, listed, many, spark, weekdayAndTime } from './words.ts';

/** What stands in front of a line, such as a time, and what it says. */
export interface Line {
  lead: string;
  text: string;
  /** The incident that it tells of, for a link. */
  incident?: number;
}

/** A report in words, before anybody has cut it to a width or marked it up. */
export interface Told {
  title: string;
  summary: readonly string[];
  sections: readonly { title: string; lines: readonly Line[] }[];
}

/** Lines a section; the rest is counted. */
const LINES_AT_MOST = 10;
const BAR_WIDTH = 8;
const DAYS_BY_NAME: Millis = 3 * 24 * 3_600_000;

/**
 * The one place where a report becomes words: for the terminal, for a message and for a test. What others wrote (names,
 * reasons of people) stands in it as it is: who shows it escapes it.
 * @param zone whose clocks the times are of
 */
export function tellReport(report: Report, zone: string): Told {
  const sections = [
    { title: 'Waits for a person', lines: waitingLines(report, zone) },
    { title: 'Healed', lines: healedLines(report, zone) },
    { title: 'Comes back', lines: recurringLines(report, zone) },
    { title: 'Held now', lines: cut(report.held.map(aloneLine), report.held.length) },
    { title: 'Left alone', lines: cut(report.leftAlone.map(aloneLine), report.leftAlone.length) },
    { title: 'Nearly spent', lines: budgetLines(report) },
  ];
  return {
    title: `alert-bot, ${dayAndTime(zone, report.from)} to ${dayAndTime(zone, report.to)} (${zone})`,
    summary: summaryOf(report),
    sections: sections.filter(({ lines }) => lines.length > 0),
  };
}

function summaryOf(report: Report): string[] {
  const { opened, closed, attempts } = report.counts;
  const over = [
    closed.healed > 0 ? `${closed.healed} healed` : '',
    closed.recovered > 0 ? `${closed.recovered} went away without it` : '',
    closed.handed_over > 0 ? `${closed.handed_over} handed to a person and over` : '',
    closed.dismissed > 0 ? `${closed.dismissed} not the bot's to act on` : '',
  ].filter((part) => part !== '');
  const median =
    report.medianHeal === null ? '' : ` Half of the healed took ${brief(report.medianHeal)} or less.`;
  const acted = attempts === 0 ? '' : ` It acted ${attempts === 1 ? 'once' : `${attempts} times`}.`;
  const news =
    opened === 0 && over.length === 0
      ? 'A quiet time: nothing was opened and nothing was closed.'
      : `${many(opened, 'incident')} opened${over.length === 0 ? '' : `; ${listed(over)}`}.${acted}${median}`;
  const waits =
    report.ofWaiting === 0
      ? 'Nothing waits for a person.'
      : `${many(report.ofWaiting, 'incident')} ${report.ofWaiting === 1 ? 'waits' : 'wait'} for a person.`;
  const chart =
    opened === 0
      ? []
      : [`Opened, a column each ${formatDuration(report.openedBy.slot)}: ${spark(report.openedBy.counts)}`];
  return [news, waits, ...chart];
}

function waitingLines(report: Report, zone: string): Line[] {
  const lines = report.waiting.map(
    ({ id, since, until, kind, explanation, acknowledgedBy, ...about }): Line => {
      const taken = acknowledgedBy === null ? '' : ` ${acknowledgedBy} has it.`;
      const answer =
        kind === 'page' || until === null
          ? ''
          : ` It is asked until ${when(report, zone, until)}: alert-bot approve ${id} or alert-bot reject ${id}.`;
      return {
        lead: `#${id}`,
        text: `${nameOf(about)}, since ${when(report, zone, since)}: ${explanation}${taken}${answer}`,
        incident: id,
      };
    },
  );
  const storm: Line[] =
    report.storm === null
      ? []
      : [
          {
            lead: `#${report.storm.incident}`,
            text: `a storm since ${when(report, zone, report.storm.since)}; it holds ${many(report.storm.held, 'incident')}.`,
            incident: report.storm.incident,
          },
        ];
  const quarantines = report.quarantines.map(({ target, until }): Line => {
    const end = until === null ? 'until a person ends it' : `until ${when(report, zone, until)}`;
    return { lead: '-', text: `${target} is in quarantine ${end}: alert-bot reset ${target}` };
  });
  const pauses = report.pauses.map(({ scope, by, why, until }): Line => {
    const end = until === null ? 'until somebody resumes' : `until ${when(report, zone, until)}`;
    const what = scope === 'all' ? 'everything' : scope;
    return { lead: '-', text: `${by} paused ${what} ${end}${why === '' ? '' : `: ${why}`}` };
  });
  return [
    ...cut(lines, report.ofWaiting),
    ...storm,
    ...cut(quarantines, quarantines.length),
    ...cut(pauses, pauses.length),
  ];
}

function healedLines(report: Report, zone: string): Line[] {
  const longest = Math.max(0, ...report.healed.map(({ took }) => took));
  const lines = report.healed
    .toReversed()
    .map(({ id, closedAt, took, attempts, weakProof, ...about }): Line => {
      const proof = weakProof === null ? 'proven' : 'proven weakly: nothing asked it since';
      return {
        lead: `#${id}`,
        text: `${bar(took, longest, BAR_WIDTH)} ${brief(took)}, ${when(report, zone, closedAt)}: ${nameOf(about)}, ${many(attempts, 'attempt')}, ${proof}`,
        incident: id,
      };
    });
  return cut(lines, report.counts.closed.healed);
}

const recurringLines = (report: Report, zone: string): Line[] =>
  cut(
    report.recurring.map(({ target, healed, handedOver, last, told }): Line => {
      const what = [
        healed > 0 ? `healed ${healed === 1 ? 'once' : `${healed} times`}` : '',
        handedOver > 0 ? `handed over ${handedOver === 1 ? 'once' : `${handedOver} times`}` : '',
      ].filter((part) => part !== '');
      const page = told ? '; a person was told' : '';
      return { lead: '-', text: `${target}: ${listed(what)}, last ${when(report, zone, last)}${page}` };
    }),
    report.recurring.length,
  );

function aloneLine({ explanation, count, examples }: LeftAlone): Line {
  const names = examples.map((one) => `#${one.id} ${nameOf(one)}`).join(', ');
  const more = count > examples.length ? ` and ${count - examples.length} more` : '';
  return { lead: `${count}×`, text: `${explanation} ${names}${more}` };
}

function budgetLines({ budgets }: Report): Line[] {
  if (budgets === null)
    return [{ lead: '-', text: 'The platform did not say which targets there are: budgets are not known.' }];
  const lines = budgets.map(({ target, per, attempts, left }): Line => {
    const rest = left === 0 ? 'nothing' : `${left}`;
    return { lead: '-', text: `${target}: ${rest} of ${attempts} attempts left in ${formatDuration(per)}` };
  });
  return cut(lines, lines.length);
}

/** @param of how many there are in all, listed or not */
function cut(lines: readonly Line[], of: number): Line[] {
  const shown = lines.slice(0, LINES_AT_MOST);
  const rest = of - shown.length;
  return rest <= 0 ? shown : [...shown, { lead: '', text: `and ${rest} more` }];
}

const nameOf = ({ target, title }: { target: string | null; title: string }): string =>
  target === null ? title : `${target} ${title}`;

/** A day of the week names what lies close, a date what does not. */
const when = ({ from, to }: Report, zone: string, at: number): string =>
  to - from <= DAYS_BY_NAME && Math.abs(at - to) <= DAYS_BY_NAME
    ? weekdayAndTime(zone, at)
    : dayAndTime(zone, at);
