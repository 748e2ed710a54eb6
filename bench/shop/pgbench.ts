import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The insert of a purchase. The api makes a second statement of it, which keeps the gateway's answer. */
const script = `insert into transactions (amount, currency, description, status)
values (1250, 'EUR', 'tea', 'pending') returning id, amount, currency, description, status, created_at;
`;

/** Rows a second that pgbench puts into the same table, by prepared statements on `connections` connections. */
export async function pgbenchInserts(
  databaseUrl: string,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'shop-bench-'));
  const file = join(folder, 'insert.sql');
  writeFileSync(file, script);
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  try {
    const child = spawn(
      program(),
      [
        ...['--no-vacuum', '--protocol=prepared', `--file=${file}`, `--time=${seconds}`],
        ...[`--client=${connections}`, '--jobs=2'],
        ...[`--host=${hostname}`, `--port=${port}`, `--username=${username}`, pathname.slice(1)],
      ],
      { env: { PATH: process.env['PATH'], PGPASSWORD: decodeURIComponent(password) } },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    await new Promise((resolve) => child.once('close', resolve));
    return readTps(said);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Throws what pgbench said where that has no rate. */
export function readTps(said: string): number {
  const tps = /^tps = ([\d.]+) \(without initial connection time\)/m.exec(said)?.[1];
  if (tps === undefined)
    throw new Error(`pgbench: ${said.trim() || 'it said nothing'}`.replace('pgbench: pgbench:', 'pgbench:'));
  return Number(tps);
}

function program(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin')];
  const found = folders.map((folder) => join(folder, 'pgbench')).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error('pgbench is not there. On Debian and Ubuntu: apt-get install -y postgresql-contrib');
  return found;
}
