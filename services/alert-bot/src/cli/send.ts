import { parseDuration } from '../domain/duration.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, post } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { Failure, misuse } from './failure.ts';
import { plainJson } from './lines.ts';
import { printReceipt, receiptShape } from './receipt.ts';

export const send: Command = {
  help: `Usage: alert-bot send --alertname NAME [--label k=v]…
                      [--status firing|resolved] [--wait 10s] [--json]

Posts one alert in the short form to the bot's webhook. It is your test: it
counts for 5 minutes, or until you send it again with --status resolved. Mind
that the bot acts on it where a playbook says so.

  --alertname NAME    the same as --label alertname=NAME
  --label k=v         as often as needed, such as --label service=api
  --status STATUS     firing, unless given
  --wait 10s          wait for the decisions, at most this long (and at most
                      60s)
${ANSWER_HELP}
${CLIENT_HELP}

Example: alert-bot send --alertname HighErrorRate --label service=api --wait 10s`,
  async run(args, around) {
    const { values } = readArgs('send', args, {
      ...CLIENT_OPTIONS,
      ...JSON_OPTION,
      alertname: { type: 'string' },
      label: { type: 'string', multiple: true },
      status: { type: 'string', default: 'firing' },
      wait: { type: 'string' },
    });
    const { status, wait } = values;
    if (status !== 'firing' && status !== 'resolved')
      throw misuse(`--status is "${status}", which is none: write firing or resolved.`);
    const length = wait === undefined ? undefined : parseDuration(wait);
    if (wait !== undefined && (length === undefined || length <= 0))
      throw misuse(`--wait is "${wait}", which is no duration: write one such as 10s.`);
    const labels = readLabels('send', values.alertname, values.label ?? []);
    const answer = await post(around, values, {
      kind: 'webhook',
      path: wait === undefined ? '/webhook' : `/webhook?wait=${encodeURIComponent(wait)}`,
      body: { status, labels },
      ...(length === undefined ? {} : { wait: length }),
    });
    const receipt = receiptShape.safeParse(answer);
    if (!receipt.success)
      throw new Failure('The bot took the alert and answered something unknown: is it of another version?');
    if (values.json) around.print(plainJson(answer, 2));
    else printReceipt(receipt.data, wait, around.print);
    return receipt.data.rejected.length > 0 ? 1 : 0;
  },
};

/** The labels of an alert as the command line writes them. @throws Failure that says what is wrong */
export function readLabels(
  command: string,
  alertname: string | undefined,
  written: readonly string[],
): Record<string, string> {
  const labels = new Map(alertname === undefined ? [] : [['alertname', alertname]]);
  for (const text of written) {
    const [, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw misuse(`--label "${text}" is no label: write name=value, such as --label service=api.`);
    if (labels.has(name)) throw misuse(`The label ${name} is given twice: give it once.`);
    labels.set(name, value);
  }
  if (!labels.has('alertname'))
    throw misuse(`${command} needs the name of an alert: write --alertname HighErrorRate, say.`);
  return Object.fromEntries(labels);
}
