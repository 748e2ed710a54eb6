import { type Config, readConfig } from '../config/env.ts';
import { checkProxy } from '../doctor/docker.ts';
import { type Finding, fail, messageOf, warn } from '../doctor/finding.ts';
import { checkGrafana } from '../doctor/grafana.ts';
import { checkPlaybooks } from '../doctor/playbooks.ts';
import { checkAlertmanagers, checkBot, checkPrometheus } from '../doctor/signals.ts';
import { checkTargets } from '../doctor/targets.ts';
import { checkTokens } from '../doctor/tokens.ts';
import { checkWebhook } from '../doctor/webhook.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { openPlatform } from '../platforms/open.ts';
import { botUrl, CLIENT_OPTIONS } from './client.ts';
import { type Command, JSON_OPTION, readArgs } from './command.ts';
import { entry, hanging, plainJson } from './lines.ts';

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

export const doctor: Command = {
  help: `Usage: alert-bot doctor [--json]

Looks at everything the bot needs, with the bot's own configuration, and changes
nothing: tokens, playbooks, the platform (each path of the socket proxy one by
one), opted-in targets, Prometheus, Alertmanager and whether they send, the
webhook for reports and Grafana where they are set (no message and no annotation
is sent), the running bot and its heartbeat, the clocks. Each finding that is
not ok has its remedy.

  --url URL   where the running bot is; else ALERT_BOT_URL, else
              ALERT_BOT_LISTEN
  --json      for programs, printed when all is looked at:
              { findings: [{ level, what, says, remedy }], failed }

Example: alert-bot doctor

Exit code: 0 all well (warnings or not), 1 something fails, 2 wrong use or
configuration.`,
  async run(args, { env, print }) {
    const { values } = readArgs('doctor', args, { ...JSON_OPTION, url: CLIENT_OPTIONS.url });
    const config = readConfig(env);
    const all: Finding[] = [];
    const say = (findings: readonly Finding[]) => {
      all.push(...findings);
      // A person sees each at once, since some wait for somebody's answer.
      if (!values.json) for (const line of findings.flatMap(linesOf)) print(line);
    };

    say(checkTokens(config.dataDir));
    const { findings, file } = await checkPlaybooks(config);
    say(findings);
    say(unsafe());
    if (config.platform.kind === 'docker') say(await checkProxy(config.platform.url));
    say(await targets(config, file));
    say(await checkPrometheus(config.prometheusUrl, Date.now));
    say(await checkAlertmanagers(config.alertmanagerUrls, Date.now));
    const { report, grafana } = config.notify;
    if (report !== null) say([await checkWebhook(report)]);
    if (grafana !== null) say([await checkGrafana(grafana)]);
    say(await checkBot(botUrl(env, values.url), Date.now));
    const failed = all.filter(({ level }) => level === 'fail').length;
    if (values.json) print(plainJson({ findings: all, failed }, 2));
    else print(failed === 0 ? 'All well.' : `${failed} ${failed === 1 ? 'thing' : 'things'} to mend.`);
    return failed === 0 ? 0 : 1;
  },
};

const linesOf = (finding: Finding): string[] => [
  ...hanging(`${MARK[finding.level]}  ${finding.what}: ${finding.says}`, 6),
  ...(finding.level === 'ok' ? [] : entry('      ->', finding.remedy, 9)),
];

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
