import { z } from 'zod';

export interface Verdict {
  exitCode: 0 | 1 | 75;
  says: string;
}

const severity = z.enum(['info', 'low', 'moderate', 'high', 'critical']);
const report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity, range: z.string().default('') })),
  metadata: z.object({
    vulnerabilities: z.record(z.string(), z.number()),
    dependencies: z.object({ prod: z.number() }),
  }),
});
const refusal = z.object({ message: z.string().optional(), statusCode: z.number().optional() });

/** Judges what `npm audit --json` printed: npm ends with 1 for a finding and for a registry that does not answer. */
export function judgeAudit(printed: string, failure: string): Verdict {
  const answer = parsed(printed);
  const found = report.safeParse(answer);
  if (!found.success) {
    const { statusCode } = refusal.safeParse(answer).data ?? {};
    const why =
      statusCode === undefined ? failure.split('\n')[0] || 'no report' : `it answered ${statusCode}`;
    return {
      exitCode: 75,
      says: `NOT AUDITED: the registry could not be asked for known weaknesses (${why}). Run npm run audit where it can.`,
    };
  }
  const { vulnerabilities, metadata } = found.data;
  const bad = Object.entries(vulnerabilities).filter(([, one]) => /high|critical/.test(one.severity));
  if (bad.length === 0) {
    const lesser = Object.keys(vulnerabilities).length;
    const beside = lesser === 0 ? '' : `, ${lesser} of less severity (npm audit --omit=dev)`;
    return {
      exitCode: 0,
      says: `Audited: ${metadata.dependencies.prod} packages, no weakness of severity high or critical${beside}.`,
    };
  }
  const lines = bad.map(([name, one]) => `  ${name} ${one.range}: ${one.severity}`);
  return {
    exitCode: 1,
    says: `Known weaknesses; npm audit --omit=dev has more about each:\n${lines.toSorted().join('\n')}`,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
