import type { Line, Told } from './tell.ts';

/**
 * Slack cuts a text at 40000 signs, shows long ones folded, and advises 4000. Counted after escaping, in UTF-16 units as
 * JavaScript and Slack's own libraries do.
 */
export const TEXT_AT_MOST = 4_000;

/**
 * A report as Slack's mrkdwn: whole lines, as many as fit.
 * @param externalUrl where people reach the bot, for links; null for none
 */
export function slackText({ title, summary, sections }: Told, externalUrl: string | null): string {
  const lines = [
    `*${escaped(title)}*`,
    ...summary.map(escaped),
    ...sections.flatMap((section) => [
      '',
      `*${escaped(section.title)}*`,
      ...section.lines.map((line) => `• ${leadOf(line, externalUrl)}${escaped(line.text)}`),
    ]),
  ];
  return fitting(lines);
}

const MORE = '… and more: `alert-bot report` tells all of it.';

function fitting(lines: readonly string[]): string {
  const whole = lines.join('\n');
  if (whole.length <= TEXT_AT_MOST) return whole;
  const shown: string[] = [];
  let left = TEXT_AT_MOST - MORE.length;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    shown.push(line);
  }
  return [...shown, MORE].join('\n');
}

function leadOf({ lead, incident }: Line, externalUrl: string | null): string {
  if (lead === '' || lead === '-') return '';
  return incident === undefined || externalUrl === null
    ? `*${escaped(lead)}* `
    : `<${escaped(`${externalUrl}/incidents/${incident}`)}|${escaped(lead)}> `;
}

/**
 * Slack's three signs, so that no name calls a channel or makes a link. What ends a line or turns the direction of writing
 * becomes a space: a name cannot begin a line of its own. Slack has no escape for what makes text bold, so that a sign that
 * looks the same stands for it; within a word `_` does nothing and stays.
 */
const escaped = (text: string): string =>
  text
    .replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('`', 'ˋ')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ');
