import { request } from 'node:http';
import { join } from 'node:path';
import { partEnvironment } from '../stack/environment.ts';
import type { PartSpec } from '../stack/part.ts';
import { type Places, repository } from '../stack/places.ts';
import type { Ports } from '../stack/ports.ts';
import { answersWell } from '../stack/until.ts';

/** The supervisor starts the API and its gateway itself, so it is ready when both are. */
export function supervisorPart(
  places: Places,
  ports: Pick<Ports, 'api' | 'payments'>,
  databaseUrl: string,
): PartSpec {
  const env = partEnvironment({
    SUPERVISOR_SOCKET: places.supervisorSocket,
    SUPERVISOR_PROCESSES: join(repository, 'deploy/bare/processes.yml'),
    SUPERVISOR_DATA_DIR: places.supervisorData,
    API_LISTEN: `127.0.0.1:${ports.api}`,
    API_DATABASE_URL: databaseUrl,
    PAYMENTS_LISTEN: `127.0.0.1:${ports.payments}`,
    // One token for both: it is one person who breaks things here.
    FAULTS_TOKEN_FILE: places.faultsToken,
  });
  return {
    name: 'supervisor',
    command: process.execPath,
    args: ['services/supervisor/src/index.ts'],
    cwd: repository,
    env,
    logFile: join(places.logs, 'supervisor.log'),
    ready: async () =>
      (await socketAnswers(places.supervisorSocket)) &&
      (await answersWell(`http://127.0.0.1:${ports.payments}/health`)) &&
      answersWell(`http://127.0.0.1:${ports.api}/health`),
    // Longer than the longest of its processes may take.
    graceMs: 12_000,
  };
}

function socketAnswers(socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/healthz' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', reject)
      .end();
  });
}
