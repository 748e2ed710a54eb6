import { pino } from 'pino';
import { expect, test } from 'vitest';
import { logStream } from './log-stream.ts';

test('what a terminal would obey is escaped in the log, and reads as it was', () => {
  const lines: string[] = [];
  const log = pino({}, logStream({ write: (line) => void lines.push(line) }));
  const alert = 'a\u0000\u001b[31m\u009b2J\u202eevil\u2066\u2028\ufeff\u{e0001} 👩‍👧 שלום\nb';
  log.info({ alert }, 'fires');
  const [line = ''] = lines;
  expect(line.endsWith('\n')).toBe(true);
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u202e\u2066\u2028\ufeff\u{e0001}]/u);
  expect(line).toContain('👩‍👧 שלום');
  expect(JSON.parse(line)).toMatchObject({ alert, msg: 'fires' });
});
