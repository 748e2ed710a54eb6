import { expect, test } from 'vitest';
import { judgeAudit } from './verdict.ts';

/** As npm 11 prints it. */
const report = (vulnerabilities: Record<string, unknown>) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: {
      vulnerabilities: { total: Object.keys(vulnerabilities).length },
      dependencies: { prod: 250 },
    },
  });
const weak = (severity: string) => ({ name: 'x', severity, isDirect: false, via: [], range: '<2.0.0' });

test('a report without a finding passes, and says how much was looked at', () => {
  expect(judgeAudit(report({}), '')).toEqual({
    exitCode: 0,
    says: 'Audited: 250 packages, no weakness of severity high or critical.',
  });
});

test.each(['high', 'critical'])('a finding of severity %s fails, by name', (severity) => {
  expect(judgeAudit(report({ x: weak(severity), y: weak('low') }), 'Command failed')).toEqual({
    exitCode: 1,
    says: `Known weaknesses; npm audit --omit=dev has more about each:\n  x <2.0.0: ${severity}`,
  });
});

test('less than that passes, and is told', () => {
  const { exitCode, says } = judgeAudit(report({ x: weak('moderate') }), '');
  expect(exitCode).toBe(0);
  expect(says).toContain(', 1 of less severity (npm audit --omit=dev).');
});

// npm ends with 1 for these as for a finding.
test.each([
  [
    'a registry that has no such endpoint',
    '{"message":"405 Method Not Allowed","statusCode":405,"error":{}}',
    'it answered 405',
  ],
  ['no network', '{"error":{"summary":"","detail":""}}', 'Command failed: npm audit'],
  ['nothing at all', '', 'Command failed: npm audit'],
  ['another report than is known', '{"auditReportVersion":3,"findings":[]}', 'Command failed: npm audit'],
])('%s is neither passed nor failed, and is said', (_, printed, why) => {
  const verdict = judgeAudit(printed, 'Command failed: npm audit\nnpm error');
  expect(verdict.exitCode).toBe(75);
  expect(verdict.says).toMatch(/^NOT AUDITED: the registry could not be asked/);
  expect(verdict.says).toContain(`(${why})`);
});
