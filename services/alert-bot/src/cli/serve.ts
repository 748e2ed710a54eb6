import { readConfig } from '../config/env.ts';
import { type Command, readArgs } from './command.ts';
import { untilStopped } from './stop.ts';

export const serve: Command = {
  help: `Usage: alert-bot serve

Runs the bot until SIGTERM or Ctrl-C; a second one ends it at once. SIGHUP reads the playbooks again, as a change of them
does. It is configured by variables:

  ALERT_BOT_PLATFORM            docker or supervisor
  ALERT_BOT_DATA_DIR            folder of the incident log and the tokens
  ALERT_BOT_PLAYBOOKS           the playbook file (docs/playbooks.md)
  ALERT_BOT_OVERRIDES           optional second file that replaces defaults and limits
  ALERT_BOT_ALERTMANAGER_URLS   every Alertmanager, with commas between them
  ALERT_BOT_PROMETHEUS_URL
  ALERT_BOT_SUPERVISOR_SOCKET   with ALERT_BOT_PLATFORM=supervisor
  ALERT_BOT_DOCKER_URL          with ALERT_BOT_PLATFORM=docker: the socket proxy
  ALERT_BOT_DOCKER_PROJECT      only for a bot outside of containers: the Compose project it heals
  ALERT_BOT_LISTEN              127.0.0.1:5000 unless set
  ALERT_BOT_LOG_LEVEL           info unless set
  ALERT_BOT_LOG_KEEP            how long the incident log keeps what is over, 90d unless set
  ALERT_BOT_LOG_MAX             how large the incident log may become, 1GB unless set

Exit code: 0 stopped as asked, 1 failed, 2 the configuration is wrong (restarting does not help).`,
  async run(args, { env }) {
    readArgs('serve', args, {});
    const config = readConfig(env);
    // Only here: with wrong variables nothing needs the database, and the errors come at once.
    const { run } = await import('../app.ts');
    return untilStopped((signal) => run(config, signal));
  },
};
