import { expect, test } from 'vitest';
import { NOON, temporaryLog } from '../testing/log.ts';
import { audit } from './controls.ts';
import { pruneAudit } from './retention.ts';

const ada = { by: 'ada', why: 'a test' };

test('what people did is never changed, and goes only where retention prunes it', () => {
  using log = temporaryLog();
  const { db } = log;
  audit(db, ada, 'pause', 'all', NOON);
  audit(db, ada, 'resume', 'all', NOON + 1);
  expect(() => db.exec("UPDATE audit SET by = 'bob'")).toThrow(
    'audit is append-only: a row is never changed',
  );
  expect(() => db.exec('DELETE FROM audit')).toThrow('audit is append-only: a row goes only when retention');
  expect(pruneAudit(db, NOON)).toBe(0);
  expect(pruneAudit(db, NOON + 1)).toBe(1);
  expect(db.prepare('SELECT action FROM audit').pluck().all()).toEqual(['resume']);
  expect(() => db.exec('DELETE FROM audit')).toThrow('append-only');
});
