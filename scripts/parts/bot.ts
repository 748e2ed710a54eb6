import { join, resolve } from 'node:path';
import { partEnvironment } from '../stack/environment.ts';
import type { PartSpec } from '../stack/part.ts';
import { type Places, repository } from '../stack/places.ts';
import type { Ports } from '../stack/ports.ts';
import { answersWell } from '../stack/until.ts';

export type BotOptions = {
  /** Instead of the shipped files. `null`: no overrides. */
  playbooks?: string;
  overrides?: string | null;
  /** Further Alertmanagers of the cluster, by their URLs. */
  peers?: readonly string[];
  /** More variables, or others. */
  env?: Record<string, string>;
};

/** Alive is enough here: it becomes ready when Alertmanager and Prometheus, which start after it, are. */
export function botPart(places: Places, ports: Ports, options: BotOptions): PartSpec {
  const { playbooks = 'deploy/playbooks.yml', overrides = 'deploy/bare/overrides.yml', peers = [] } = options;
  const env = partEnvironment({
    ALERT_BOT_PLATFORM: 'supervisor',
    ALERT_BOT_DATA_DIR: places.botData,
    ALERT_BOT_PLAYBOOKS: resolve(repository, playbooks),
    ...(overrides === null ? {} : { ALERT_BOT_OVERRIDES: resolve(repository, overrides) }),
    ALERT_BOT_ALERTMANAGER_URLS: [`http://127.0.0.1:${ports.alertmanager}`, ...peers].join(','),
    ALERT_BOT_PROMETHEUS_URL: `http://127.0.0.1:${ports.prometheus}`,
    ALERT_BOT_SUPERVISOR_SOCKET: places.supervisorSocket,
    ALERT_BOT_LISTEN: `127.0.0.1:${ports.bot}`,
    ...options.env,
  });
  return {
    name: 'alert-bot',
    command: process.execPath,
    args: ['services/alert-bot/src/cli/main.ts', 'serve'],
    cwd: repository,
    env,
    logFile: join(places.logs, 'alert-bot.log'),
    ready: () => answersWell(`http://127.0.0.1:${ports.bot}/healthz`),
    graceMs: 10_000,
  };
}
