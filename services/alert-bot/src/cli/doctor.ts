import { type Config, readConfig } from '../config/env.ts';
import { checkProxy } from '../doctor/docker.ts';
import { type Finding, fail, messageOf, warn } from '../doctor/finding.ts';
import { checkPlaybooks } from '../doctor/playbooks.ts';
import { checkAlertmanagers, checkBot, checkPrometheus } from '../doctor/signals.ts';
import { checkTargets } from '../doctor/targets.ts';
import { checkTokens } from '../doctor/tokens.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { openPlatform } from '../platforms/open.ts';
import { botUrl, CLIENT_OPTIONS } from './client.ts';
import { type Command, readArgs } from './command.ts';

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

export const doctor: Command = {
  help: `Usage: alert-bot doctor

Looks at everything the bot needs, with the bot's own configuration, and changes nothing: tokens, playbooks, the
platform (each path of the socket proxy one by one), opted-in targets, Prometheus, Alertmanager and whether they send,
the running bot and its heartbeat, the clocks. Each finding that is not ok has its remedy.

  --url URL   where the running bot is; else ALERT_BOT_URL, else ALERT_BOT_LISTEN

Exit code: 0 all well (warnings or not), 1 something fails, 2 wrong use or configuration.`,
  async run(args, { env, print }) {
    const { values } = readArgs('doctor', args, { url: CLIENT_OPTIONS.url });
    const config = readConfig(env);
    let failed = 0;
    const say = (findings: readonly Finding[]) => {
      for (const finding of findings) {
        print(`${MARK[finding.level]}  ${finding.what}: ${finding.says}`);
        if (finding.level !== 'ok') print(`      -> ${finding.remedy}`);
        if (finding.level === 'fail') failed += 1;
      }
    };

    say(checkTokens(config.dataDir));
    const { findings, file } = await checkPlaybooks(config);
    say(findings);
    say(unsafe());
    if (config.platform.kind === 'docker') say(await checkProxy(config.platform.url));
    say(await targets(config, file));
    say(await checkPrometheus(config.prometheusUrl, Date.now));
    say(await checkAlertmanagers(config.alertmanagerUrls, Date.now));
    say(await checkBot(botUrl(env, values.url), Date.now));
    print(failed === 0 ? 'All well.' : `${failed} ${failed === 1 ? 'thing' : 'things'} to mend.`);
    return failed === 0 ? 0 : 1;
  },
};

/** Settings that are legal and that a person should know of. */
function unsafe(): Finding[] {
  const findings: Finding[] = [];
  if (process.getuid?.() === 0)
    findings.push(
      warn('user', 'this runs as root', 'run the bot as a user of its own: it needs no privilege at all'),
    );
  return findings;
}

async function targets(config: Config, file: PlaybookFile | null): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const platform = await openPlatform(config.platform, {
      patience: 0,
      warn: (text) =>
        findings.push(
          fail('self', text, 'run it in a container of the engine, or set ALERT_BOT_DOCKER_PROJECT'),
        ),
    });
    return [...findings, ...(await checkTargets(platform, file))];
  } catch (error) {
    return [fail('platform', messageOf(error), 'without the platform the bot can act on nothing')];
  }
}
