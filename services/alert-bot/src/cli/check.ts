import { resolve } from 'node:path';
import { readPlaybookFiles } from '../config/playbook-files.ts';
import { formatPlaybookError } from '../config/playbooks.ts';
import { checkRules } from './check-rules.ts';
import { checkServices } from './check-services.ts';
import { type Command, readArgs } from './command.ts';
import { describeLimits, describePlaybook } from './describe.ts';
import { Failure, misuse } from './failure.ts';

export const check: Command = {
  help: `Usage: alert-bot check [--playbooks FILE] [--overrides FILE] [--rules alert_rules.yml] [--services docker-compose.yml]

Prints every error with its line and what to write instead; without errors, what each playbook does, and warnings of
what is legal and probably not meant.

  --playbooks FILE    else ALERT_BOT_PLAYBOOKS
  --overrides FILE    else ALERT_BOT_OVERRIDES, else none
  --rules FILE        Prometheus' rules: warns of alerts without a playbook or a target, of playbooks without an alert, and
                      of proofs that are looked for in less time than the rule needs to let go
  --services FILE     a Compose file, or the supervisor's processes.yml: warns of services that depend on each other, and
                      of names it does not have

Exit code: 0 good (warnings or not), 1 errors, 2 wrong use.`,
  async run(args, { env, print }) {
    const { values } = readArgs('check', args, {
      playbooks: { type: 'string' },
      overrides: { type: 'string' },
      rules: { type: 'string' },
      services: { type: 'string' },
    });
    const playbooks = values.playbooks ?? env['ALERT_BOT_PLAYBOOKS'];
    if (playbooks === undefined || playbooks === '')
      throw misuse('check needs a playbook file: give --playbooks FILE, or set ALERT_BOT_PLAYBOOKS.');
    const overrides = values.overrides ?? (env['ALERT_BOT_OVERRIDES'] || null);
    const loaded = await readPlaybookFiles({ playbooks, overrides });
    if ('errors' in loaded) {
      for (const error of loaded.errors) print(formatPlaybookError(error));
      const count = loaded.errors.length;
      throw new Failure(`${count} ${count === 1 ? 'error' : 'errors'}; the bot would not start with this.`);
    }
    for (const { path, from, to } of loaded.overridden)
      print(`overridden by ${overrides}: ${path} ${from} -> ${to}`);
    for (const playbook of loaded.file.playbooks) print(describePlaybook(playbook));
    for (const line of describeLimits(loaded.file)) print(line);
    for (const warning of loaded.warnings) print(`warning: ${formatPlaybookError(warning)}`);
    if (values.rules !== undefined)
      for (const warning of await checkRules(resolve(values.rules), loaded.file.playbooks))
        print(`warning: ${warning}`);
    if (values.services !== undefined)
      for (const warning of await checkServices(resolve(values.services), loaded.file))
        print(`warning: ${warning}`);
    print(`${playbooks}: good`);
    return 0;
  },
};
