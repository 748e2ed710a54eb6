import { ConfigError } from './config/config-error.ts';
import type { NotifyConfig } from './config/notify.ts';
import { readSecret, type Secret } from './config/secret.ts';
import type { Deps } from './deps.ts';
import type { Senders } from './domain/notice.ts';
import { tellOthers, wantKinds } from './engine/notices.ts';
import { createGrafana } from './notify/grafana.ts';
import { createSlack } from './notify/slack.ts';
import { keepReporting } from './report/daily.ts';
import { slackText } from './report/slack.ts';
import { standingsNow } from './report/standings.ts';
import { tellReport } from './report/tell.ts';

/**
 * Wires what tells other systems afterwards (app.ts calls it before the engine, so that no action goes untold): who is told,
 * the daily report, and the loops that send. Nothing of it is ever waited for by what heals.
 * @returns `run` resolves when the process stops; it never rejects
 * @throws ConfigError where a file with a secret cannot be read now
 */
export async function createNotices(
  deps: Deps,
  config: Omit<NotifyConfig, 'grafanaExternalUrl'>,
): Promise<{ run(): Promise<void> }> {
  const { externalUrl, report, grafana } = config;
  const limits = { stopping: deps.stopping };
  const senders: Senders = {
    ...(report === null
      ? {}
      : { report: createSlack(secret('ALERT_BOT_REPORT_WEBHOOK_URL', report.url), limits) }),
    ...(grafana === null
      ? {}
      : {
          annotation: createGrafana({
            ...{ url: grafana.url, user: grafana.user, externalUrl, limits },
            secret: secret('ALERT_BOT_GRAFANA_TOKEN', grafana.secret),
          }),
        }),
  };
  await wantKinds(deps, senders, deps.now() - deps.behind());
  const sending = { ...deps, random: Math.random };
  const reporting = { ...deps, standings: () => standingsNow(deps) };
  return {
    async run() {
      await Promise.all([
        tellOthers(sending, senders),
        report === null
          ? undefined
          : keepReporting(reporting, report.at, (one) =>
              slackText(tellReport(one, report.at.zone), externalUrl),
            ),
      ]);
    },
  };
}

/** Read once now: a file that is missing at start is a mistake, one that is missing later may come back. */
function secret(name: string, of: Secret): () => string {
  try {
    readSecret(of);
  } catch (error) {
    throw new ConfigError([`${name}_FILE: ${error instanceof Error ? error.message : String(error)}.`]);
  }
  return () => readSecret(of);
}
