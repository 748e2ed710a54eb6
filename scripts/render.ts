import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { applyEdits, type Edit } from './render/edits.ts';
import { findEdits } from './render/find-edits.ts';
import { peopleWebhook } from './render/people.ts';

const repository = join(import.meta.dirname, '..');

/** Where each rendered file comes from. Prometheus and Alertmanager expand no variables, so the text is edited. */
export const shippedFiles = {
  'alert_rules.yml': join(repository, 'alert_rules.yml'),
  'alertmanager.yml': join(repository, 'alertmanager.yml'),
  'prometheus.yml': join(repository, 'deploy/prometheus/prometheus.yml'),
} as const;

export type RenderedName = keyof typeof shippedFiles;

export type RenderOptions = {
  /** `host:port` of each part. */
  api: string;
  payments: string;
  bot: string;
  prometheus: string;
  alertmanager: string;
  /** Where the rendered rules will lie, and the bot's webhook token. */
  rulesFile: string;
  tokenFile: string;
  /** What each duration is divided by; 1 leaves them. */
  factor: number;
  /** For tests: where the receiver `people`, which is shipped empty, is to send. */
  people?: string;
};

export type Replacement = Edit & { file: RenderedName };
export type Rendered = { files: Record<RenderedName, string>; replacements: Replacement[] };

/** The shipped files for a run without Docker: other addresses, paths and durations, and nothing else changed. */
export function render(options: RenderOptions): Rendered {
  const mapping = {
    addresses: {
      'api:8000': options.api,
      'payments:8010': options.payments,
      'alert-bot:5000': options.bot,
      'prometheus:9090': options.prometheus,
      'alertmanager:9093': options.alertmanager,
    },
    paths: {
      '/etc/prometheus/alert_rules.yml': options.rulesFile,
      // A folder that is not there: the other rules are about exporters and spans of time that this run does not have.
      '/etc/prometheus/rules/*.yml': join(dirname(options.rulesFile), 'rules/*.yml'),
      '/run/alert-bot/tokens/webhook': options.tokenFile,
    },
    factor: options.factor,
  };
  const replacements: Replacement[] = [];
  const file = (name: RenderedName) => {
    const text = readFileSync(shippedFiles[name], 'utf8');
    const edits = findEdits(text, mapping);
    if (name === 'alertmanager.yml' && options.people) edits.push(peopleWebhook(text, options.people));
    replacements.push(...edits.map((edit) => ({ ...edit, file: name })));
    return applyEdits(text, edits);
  };
  const files = {
    'alert_rules.yml': file('alert_rules.yml'),
    'alertmanager.yml': file('alertmanager.yml'),
    'prometheus.yml': file('prometheus.yml'),
  };
  return { files, replacements };
}

export function replacementLine({ file, where, from, to }: Replacement): string {
  return `${file}  ${where}  ${from} -> ${to}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: '.run/rendered' },
      factor: { type: 'string', default: '5' },
      api: { type: 'string', default: '127.0.0.1:8000' },
      payments: { type: 'string', default: '127.0.0.1:8010' },
      bot: { type: 'string', default: '127.0.0.1:5000' },
      prometheus: { type: 'string', default: '127.0.0.1:9090' },
      alertmanager: { type: 'string', default: '127.0.0.1:9093' },
      token: { type: 'string', default: '.run/start/alert-bot/tokens/webhook' },
    },
  });
  const out = resolve(values.out);
  const { files, replacements } = render({
    ...values,
    rulesFile: join(out, 'alert_rules.yml'),
    tokenFile: resolve(values.token),
    factor: z.coerce.number().positive().parse(values.factor),
  });
  mkdirSync(out, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(out, name), text);
  for (const replacement of replacements) process.stdout.write(`${replacementLine(replacement)}\n`);
  process.stdout.write(`${replacements.length} replacements; the files are in ${out}\n`);
}
