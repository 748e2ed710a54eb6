import { request } from 'node:http';
import { join } from 'node:path';
import { partEnvironment } from '../stack/environment.ts';
import type { PartSpec } from '../stack/part.ts';
import { type Places, repository } from '../stack/places.ts';
import { answersWell } from '../stack/until.ts';

/** The supervisor starts the API itself, so it is ready when the API is. */
export function supervisorPart(places: Places, apiPort: number, databaseUrl: string): PartSpec {
  const env = partEnvironment({
    SUPERVISOR_SOCKET: places.supervisorSocket,
    SUPERVISOR_PROCESSES: join(repository, 'deploy/bare/processes.yml'),
    SUPERVISOR_DATA_DIR: places.supervisorData,
    API_LISTEN: `127.0.0.1:${apiPort}`,
    API_DATABASE_URL: databaseUrl,
    API_FAULTS_TOKEN_FILE: places.faultsToken,
  });
  return {
    name: 'supervisor',
    command: process.execPath,
    args: ['services/supervisor/src/index.ts'],
    cwd: repository,
    env,
    logFile: join(places.logs, 'supervisor.log'),
    ready: async () =>
      (await socketAnswers(places.supervisorSocket)) && answersWell(`http://127.0.0.1:${apiPort}/health`),
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
