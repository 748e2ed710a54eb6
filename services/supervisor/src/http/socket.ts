import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { ConfigError } from '../config/problem.ts';

/**
 * Listens on a Unix socket only this user may open. What a dead supervisor left behind is replaced; a socket
 * somebody answers on, or a file that is none, is a ConfigError and stays. Closing the server removes it.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  const refuse = (remedy: string) =>
    new ConfigError('environment', [{ where: 'SUPERVISOR_SOCKET', value: path, remedy }]);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isSocket()) throw refuse('is a file that is no socket: move it away or choose another path');
    if (await isAnswered(path)) {
      throw refuse('another supervisor listens there: stop it first or choose another path');
    }
    rmSync(path, { force: true });
  }

  const listening = once(server, 'listening');
  // Bound within this call, so the file never exists with wider permissions.
  const umask = process.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    process.umask(umask);
  }
  try {
    await listening;
  } catch (error) {
    throw refuse(
      `cannot be listened on (${error instanceof Error ? error.message : error}): check the folder`,
    );
  }
  chmodSync(path, 0o600);
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
