/**
 * `npm run audit`: asks the registry for known weaknesses of what the images hold. Ends with 0 where it was asked and knows
 * none of severity high or critical, 1 where it knows one, and 75 ("try again") where it could not be asked, which proves
 * nothing and is said so.
 */
import { execFile } from 'node:child_process';
import { judgeAudit, type Verdict } from './audit/verdict.ts';

const COMMAND = ['audit', '--omit=dev', '--audit-level=high', '--json'];

const verdict = await new Promise<Verdict>((resolve) => {
  execFile('npm', COMMAND, { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 }, (error, stdout) =>
    resolve(judgeAudit(stdout, error === null ? '' : error.message)),
  );
});
console.log(verdict.says);
process.exitCode = verdict.exitCode;
