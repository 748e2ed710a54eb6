import { readFileSync } from 'node:fs';
import { read, simulations } from './answers.ts';
import { ANSWER_HELP, CLIENT_HELP, CLIENT_OPTIONS, request } from './client.ts';
import { type Command, JSON_OPTION, readArgs, type Surroundings } from './command.ts';
import { Failure, misuse } from './failure.ts';
import { guardLines, labelsOf } from './incident-lines.ts';
import { entry, plain, plainJson } from './lines.ts';
import { readLabels } from './send.ts';

export const simulate: Command = {
  help: `Usage: alert-bot simulate --alertname NAME [--label k=v]… [--facts] [--json]
       alert-bot simulate --file PAYLOAD.json|- [--facts] [--json]

What the bot would decide now if the alert were sent by hand: what every guard
says, and what is next. Nothing is written, nobody is told and nothing is acted
on. For alerts of tomorrow as well: nobody has to have sent them.

  --alertname NAME    the same as --label alertname=NAME
  --label k=v         as often as needed, such as --label service=api
  --file FILE         a webhook's payload, or one alert; - reads it from
                      standard input
  --facts             also the facts, as JSON
${ANSWER_HELP}
${CLIENT_HELP}

Example:
  alert-bot simulate --alertname HighErrorRate --label service=api`,
  async run(args, around) {
    const { values } = readArgs('simulate', args, {
      ...CLIENT_OPTIONS,
      ...JSON_OPTION,
      alertname: { type: 'string' },
      label: { type: 'string', multiple: true },
      file: { type: 'string' },
      facts: { type: 'boolean' },
    });
    const { alertname, label, file } = values;
    if (file !== undefined && (alertname !== undefined || label !== undefined))
      throw misuse('simulate takes the alert from --file or from --alertname and --label, not from both.');
    const body =
      file === undefined
        ? JSON.stringify({ status: 'firing', labels: readLabels('simulate', alertname, label ?? []) })
        : readPayload(file);
    const answer = await request(around, values, { kind: 'admin', path: '/api/v1/simulate', body });
    const { simulations: all, rejected } = read(simulations, answer);
    if (values.json) around.print(plainJson(answer, 2));
    else {
      all.forEach((one, i) => {
        if (i > 0) around.print('');
        printOne(one, values.facts ?? false, around);
      });
      for (const { message } of rejected) around.print(plain(`rejected    ${message}`));
    }
    return rejected.length > 0 ? 1 : 0;
  },
};

const STDIN = 0;

function readPayload(file: string): string {
  try {
    return readFileSync(file === '-' ? STDIN : file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

type Simulated = ReturnType<typeof read<typeof simulations>>['simulations'][number];

const OUTCOMES: Readonly<Record<string, string>> = {
  new: 'new: it would open an incident',
  joined: 'it would join',
  duplicate: 'it fires already, and belongs to',
};

function printOne(one: Simulated, facts: boolean, { print }: Surroundings): void {
  const { incident, decision } = one;
  const belongs = incident === null ? '' : ` incident ${incident.id} (${incident.status})`;
  const lines = [
    ...entry('alert', labelsOf(one.alert)),
    ...entry('outcome', `${OUTCOMES[one.outcome] ?? one.outcome}${belongs}`),
    ...(one.note === null ? [] : entry('', one.note)),
    ...(decision === null
      ? []
      : [
          ...entry('playbook', one.playbook ?? 'none matches'),
          ...entry('target', one.target ?? 'none'),
          ...entry(
            'decision',
            `${decision.kind} ${decision.reason}${decision.until === null ? '' : ` until ${decision.until}`}`,
          ),
          ...entry('', decision.explanation),
          ...(decision.also.length === 0 ? [] : entry('also', decision.also.join(', '))),
          ...one.next.flatMap((text, i) => entry(i === 0 ? 'next' : '', text)),
          '',
          `${'guard'.padEnd(14)}${'answer'.padEnd(9)}because`,
          ...guardLines(decision.guards),
        ]),
    ...(facts ? ['', `facts ${plainJson(one.facts)}`] : []),
  ];
  for (const line of lines) print(line);
}
