import { startTelemetry } from '@shop/service/telemetry/start';
import { ConfigError } from '../config/config-error.ts';
import { readConfig } from '../config/env.ts';
import { type Command, readArgs } from './command.ts';
import { untilStopped } from './stop.ts';

/** What is queued for the tracing backend; one that is away is no reason to stay. */
const SEND_REST_WITHIN = 1_500;

export const serve: Command = {
  help: `Usage: alert-bot serve

Runs the bot until SIGTERM or Ctrl-C; a second one ends it at once. SIGHUP reads
the playbooks again, as a change of them does. It is configured by variables:

  ALERT_BOT_PLATFORM            docker or supervisor
  ALERT_BOT_DATA_DIR            folder of the incident log and the tokens
  ALERT_BOT_PLAYBOOKS           the playbook file (docs/playbooks.md)
  ALERT_BOT_OVERRIDES           optional second file that replaces defaults and
                                limits
  ALERT_BOT_ALERTMANAGER_URLS   every Alertmanager, with commas between them
  ALERT_BOT_PROMETHEUS_URL
  ALERT_BOT_SUPERVISOR_SOCKET   with ALERT_BOT_PLATFORM=supervisor
  ALERT_BOT_DOCKER_URL          with ALERT_BOT_PLATFORM=docker: the socket proxy
  ALERT_BOT_DOCKER_PROJECT      only for a bot outside of containers: the
                                Compose project it heals
  ALERT_BOT_LISTEN              127.0.0.1:5000 unless set
  ALERT_BOT_LOG_LEVEL           info unless set
  ALERT_BOT_LOG_KEEP            how long the incident log keeps what is over,
                                90d unless set
  ALERT_BOT_LOG_MAX             how large the incident log may become, 1GB
                                unless set
  ALERT_BOT_EXTERNAL_URL        where people reach the bot, for links in what it
                                tells
  ALERT_BOT_REPORT_WEBHOOK_URL  a Slack-compatible webhook for a report a day; a
                                secret
  ALERT_BOT_REPORT_WEBHOOK_URL_FILE
                                a file that holds it
  ALERT_BOT_REPORT_AT           when, with a time zone; 07:00 UTC unless set
  ALERT_BOT_GRAFANA_URL         a Grafana that gets an annotation for each
                                action
  ALERT_BOT_GRAFANA_TOKEN       a service account's token for it; a secret
  ALERT_BOT_GRAFANA_TOKEN_FILE  a file that holds it
  ALERT_BOT_GRAFANA_EXTERNAL_URL
                                where people's browsers reach Grafana, for links
                                on the console
  ALERT_BOT_GRAFANA_USER        with it the token is this user's password

Traces of its own go where OTEL_EXPORTER_OTLP_ENDPOINT names a place for them
(docs/reports.md).

Example: alert-bot serve

Exit code: 0 stopped as asked, 1 failed, 2 the configuration is wrong
(restarting does not help).`,
  async run(args, { env }) {
    readArgs('serve', args, {});
    const config = readConfig(env);
    // Before what it instruments is imported; without an endpoint it imports nothing.
    const telemetry = await startTelemetry('alert-bot', env, null).catch((error: unknown) => {
      throw new ConfigError([error instanceof Error ? error.message : String(error)]);
    });
    // Only here: with wrong variables nothing needs the database, and the errors come at once.
    const { run } = await import('../app.ts');
    return untilStopped((signal) => run(config, signal).finally(() => telemetry.stop(SEND_REST_WITHIN)));
  },
};
