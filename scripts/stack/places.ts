import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

/** Where a run keeps its files. */
export type Places = {
  folder: string;
  logs: string;
  rendered: string;
  /** The bot's data folder, with its incident log and tokens. */
  botData: string;
  supervisorData: string;
  supervisorSocket: string;
  prometheusData: string;
  alertmanagerData: string;
  faultsToken: string;
};

export function makePlaces(runFolder: string): Places {
  const folder = resolve(runFolder);
  const places = {
    folder,
    logs: join(folder, 'logs'),
    rendered: join(folder, 'rendered'),
    botData: join(folder, 'alert-bot'),
    supervisorData: join(folder, 'supervisor'),
    supervisorSocket: join(socketFolder(folder), 'supervisor.sock'),
    prometheusData: join(folder, 'prometheus'),
    alertmanagerData: join(folder, 'alertmanager'),
    faultsToken: join(folder, 'faults-token'),
  };
  for (const made of [places.logs, places.rendered]) mkdirSync(made, { recursive: true });
  if (!existsSync(places.faultsToken)) {
    writeFileSync(places.faultsToken, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  }
  return places;
}

/** The kernel allows about a hundred bytes for a socket's path, which a deep checkout exceeds. */
function socketFolder(folder: string): string {
  return Buffer.byteLength(folder) <= 80 ? folder : mkdtempSync(join(tmpdir(), 'shop-'));
}
