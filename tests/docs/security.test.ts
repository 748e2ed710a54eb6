/** docs/security.md says what the code does: paths, policy, what is taken out, modes, the rotation of a token. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readTokenFile } from '../../services/alert-bot/src/config/token-file.ts';
import { readTokens } from '../../services/alert-bot/src/config/tokens.ts';
import { createAttempts } from '../../services/alert-bot/src/console/attempts.ts';
import { POLICY } from '../../services/alert-bot/src/console/layout.ts';
import { openSession, readSession, SESSION_LASTS } from '../../services/alert-bot/src/console/session.ts';
import { formatDuration } from '../../services/alert-bot/src/domain/duration.ts';
import { redact } from '../../services/alert-bot/src/executor/redact.ts';
import { readAllowList } from '../../services/alert-bot/src/platforms/docker/allow-list.ts';
import { openLog } from '../../services/alert-bot/src/store/db.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const page = read('docs/security.md');

/** The rows of the table that begins with this head, each cell as it is written. */
function rows(head: string): string[][] {
  const [, table = ''] = page.split(`| ${head} |\n`);
  const [body = ''] = table.split('\n\n');
  return body
    .split('\n')
    .slice(1)
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split('|')
        .map((cell) => cell.trim()),
    );
}
const code = (cell = ''): string => cell.replaceAll('`', '');

it('has each path of the allow-list, and why', () => {
  const listed = readAllowList(read('deploy/socket-proxy/allow-list.yml')).map(({ method, path, reason }) => [
    method,
    path.replace('(/v1\\.[0-9]{1,3})?', '').replace('[0-9a-f]{64}', '<id>'),
    reason,
  ]);
  expect(listed.length).toBeGreaterThan(5);
  expect(rows('Method | Path | Why').map(([method, path, why]) => [method, code(path), why])).toEqual(listed);
});

describe('the console', () => {
  it('has the policy that it says', () => {
    expect(page).toContain(`\n${POLICY}\n`);
  });

  it('has a session that lasts as long as it says', () => {
    expect(page).toContain(`It lasts ${formatDuration(SESSION_LASTS)}.`);
  });

  it('takes as many wrong tokens as it says', () => {
    expect(page).toContain('**Wrong tokens**: five a minute from one address');
    let now = 0;
    const attempts = createAttempts(() => now);
    for (let i = 1; i <= 5; i++) {
      expect(attempts.waits('somebody'), `before attempt ${i}`).toBe(0);
      attempts.failed('somebody');
    }
    expect(attempts.waits('somebody')).toBe(60_000);
    expect(attempts.waits('somebody else')).toBe(0);
    now = 60_000;
    expect(attempts.waits('somebody')).toBe(0);
  });
});

it.each(rows('In a log | Kept').map(([written, kept]) => [code(written), code(kept)]))(
  'what stands in a log as %s is kept as %s',
  (written, kept) => {
    expect(redact(written)).toBe(kept);
    expect(kept).toContain('***');
  },
);

describe('files', () => {
  it('have the modes that it says', () => {
    const dataDir = join(temporary(), 'data');
    readTokens(dataDir);
    const log = openLog(dataDir);
    onTestFinished(() => log.close());
    const told = rows('File in `ALERT_BOT_DATA_DIR` | Holds | Mode').flatMap(([files = '', , mode = '']) =>
      files.startsWith('the folder')
        ? [{ file: '.', mode }]
        : code(files)
            .split(', ')
            .map((file) => ({ file, mode })),
    );
    expect(told).toHaveLength(6);
    const modeOf = (file: string) => (statSync(join(dataDir, file)).mode & 0o777).toString(8);
    expect(told.map(({ file }) => ({ file, mode: `0${modeOf(file)}` }))).toEqual(told);
  });
});

describe('the rotation of a token', () => {
  it('is one command, after which both are valid and only their owner may read them', () => {
    const dataDir = temporary();
    const tokens = readTokens(dataDir);
    const file = join(dataDir, 'tokens/admin');
    const [old = ''] = readTokenFile(file);
    const session = openSession(tokens, old, 'ada', 0);

    const command = /^ *(umask 077 && .*)$/m.exec(page)?.[1] ?? '';
    execFileSync('sh', ['-c', command], { cwd: join(dataDir, 'tokens') });
    const [added = '', ...others] = readTokenFile(file);
    expect(others).toEqual([old]);
    expect(added).not.toBe(old);
    expect([added, old].map((token) => tokens.accepts('admin', token))).toEqual([true, true]);
    expect(tokens.warnings()).toEqual([]);

    writeFileSync(file, `${added}\n`);
    expect(tokens.accepts('admin', old)).toBe(false);
    expect(readSession(tokens, session, 1)).toBeNull();
  });
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'security-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
