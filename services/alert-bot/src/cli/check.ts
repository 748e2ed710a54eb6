import { resolve } from 'node:path';
import { readPlaybookFiles } from '../config/playbook-files.ts';
import { formatPlaybookError, type Overridden, type PlaybookError } from '../config/playbooks.ts';
import { checkRules } from './check-rules.ts';
import { checkServices } from './check-services.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { describeLimits, describePlaybook } from './describe.ts';
import { Failure, misuse } from './failure.ts';
import { hanging, plainJson } from './lines.ts';
import { mistakeLines } from './mistake-lines.ts';

/** What `--json` prints. A warning about the playbooks beside another file has a message only. */
interface Checked {
  good: boolean;
  errors: readonly PlaybookError[];
  overridden: readonly Overridden[];
  playbooks: readonly string[];
  warnings: readonly (PlaybookError | Pick<PlaybookError, 'message'>)[];
}
const NOTHING: Checked = { good: false, errors: [], overridden: [], playbooks: [], warnings: [] };

export const check: Command = {
  help: `Usage: alert-bot check [--playbooks FILE] [--overrides FILE]
                       [--rules alert_rules.yml]
                       [--services docker-compose.yml] [--json]

Prints every error with its line and what to write instead; without errors, what
each playbook does, and warnings of what is legal and probably not meant.

  --playbooks FILE    else ALERT_BOT_PLAYBOOKS
  --overrides FILE    else ALERT_BOT_OVERRIDES, else none
  --rules FILE        Prometheus' rules: warns of alerts without a playbook or a
                      target, of playbooks without an alert, and of proofs that
                      are looked for in less time than the rule needs to let go
  --services FILE     a Compose file, or the supervisor's processes.yml: warns
                      of services that depend on each other, and of names it
                      does not have
  --json              for programs: { good, errors, overridden, playbooks,
                      warnings }; errors and warnings with their message, those
                      of the playbook files also with file, line, path and value

Example:
  alert-bot check --playbooks deploy/playbooks.yml --rules alert_rules.yml

Exit code: 0 good (warnings or not), 1 errors, 2 wrong use.`,
  async run(args, { env, print }) {
    const { values } = readArgs('check', args, {
      ...JSON_OPTION,
      playbooks: { type: 'string' },
      overrides: { type: 'string' },
      rules: { type: 'string' },
      services: { type: 'string' },
    });
    const playbooks = values.playbooks ?? env['ALERT_BOT_PLAYBOOKS'];
    if (playbooks === undefined || playbooks === '')
      throw misuse('check needs a playbook file: give --playbooks FILE, or set ALERT_BOT_PLAYBOOKS.');
    const overrides = values.overrides ?? (env['ALERT_BOT_OVERRIDES'] || null);
    const say = (text: string) => {
      for (const line of hanging(text, 2)) print(line);
    };
    const loaded = await readPlaybookFiles({ playbooks, overrides });
    if ('errors' in loaded) {
      const { errors } = loaded;
      if (values.json) print(plainJson({ ...NOTHING, errors } satisfies Checked, 2));
      else for (const line of mistakeLines(errors)) print(line);
      const count = errors.length;
      throw new Failure(`${count} ${count === 1 ? 'error' : 'errors'}; the bot would not start with this.`);
    }
    const { file, overridden, warnings } = loaded;
    if (!values.json) {
      for (const { path, from, to } of overridden)
        say(`overridden by ${overrides}: ${path} ${from} -> ${to}`);
      for (const playbook of file.playbooks) say(describePlaybook(playbook));
      for (const line of describeLimits(file)) say(line);
      for (const warning of warnings) say(`warning: ${formatPlaybookError(warning)}`);
    }
    const beside = [
      ...(values.rules === undefined ? [] : await checkRules(resolve(values.rules), file.playbooks)),
      ...(values.services === undefined ? [] : await checkServices(resolve(values.services), file)),
    ];
    if (values.json) {
      const named = file.playbooks.map(({ name }) => name);
      const all = [...warnings, ...beside.map((message) => ({ message }))];
      const checked: Checked = { good: true, errors: [], overridden, playbooks: named, warnings: all };
      print(plainJson(checked, 2));
      return 0;
    }
    for (const warning of beside) say(`warning: ${warning}`);
    print(`${playbooks}: good`);
    return 0;
  },
};
