import { z } from 'zod';
import { MODES } from '../domain/playbook.ts';
import {
  duration,
  durationOrManual,
  list,
  map,
  matcher,
  number,
  percent,
  proveQuery,
  service,
  text,
  wholeNumber,
} from './fields.ts';
import { timeOfDay, weekday, zone } from './window-fields.ts';

// The keys of the playbook file, each as it may stand alone. What several values must agree on is in
// agreement.ts: zod leaves such checks out where a single value is wrong, and all errors are told at once.

const mode = z.enum(MODES, { error: `is not a mode: write ${MODES.join(' or ')}` });

const backoff = map(
  {
    initial: duration('10s', 0).optional(),
    factor: number(2)
      .min(1, 'is under 1, so that pauses would shrink: write 1 or more, such as 2')
      .optional(),
    max: duration('5m').optional(),
  },
  '{ initial: 10s, factor: 2, max: 5m }',
);

const budgets = list(
  map({ attempts: wholeNumber(3), per: duration('30m') }, '{ attempts: 3, per: 30m }'),
  '[ { attempts: 3, per: 30m } ]',
);

/** What `defaults` and a playbook may both say. */
const settings = {
  mode: mode.optional(),
  cooldown: duration('2m', 0).optional(),
  backoff: backoff.optional(),
  budgets: budgets.optional(),
  quarantine: durationOrManual('1h').optional(),
};
const proving = { within: duration('90s').optional(), stable: duration('15s', 0).optional() };

const defaults = map(
  { ...settings, prove: map(proving, '{ within: 90s, stable: 15s }').optional() },
  'defaults: { mode: observe }, or leave defaults out',
);

const targets = map(
  {
    count: wholeNumber(3).optional(),
    percent: percent(34).optional(),
    per: duration('10m').optional(),
  },
  '{ count: 3, percent: 34, per: 10m }',
);
const storm = map(
  {
    incidents: wholeNumber(10).optional(),
    per: duration('1m').optional(),
    calm: duration('2m').optional(),
  },
  '{ incidents: 10, per: 1m, calm: 2m }',
);
const limits = map(
  {
    concurrent: wholeNumber(1).optional(),
    targets: targets.optional(),
    storm: storm.optional(),
    defer_at_most: duration('15m').optional(),
    approve_within: duration('30m').optional(),
    settle: duration('5s').optional(),
  },
  'limits: { concurrent: 1 }, or leave limits out',
);

/** A platform waits no longer than this for a process to stop. */
const LONGEST_GRACE = 3_600_000;

const STEP = 'restart: { timeout: 10s, attempts: 3 }, or escalate: {}';
const step = map(
  {
    restart: map(
      { timeout: duration('10s', 0, LONGEST_GRACE).optional(), attempts: wholeNumber(3).optional() },
      'restart: { timeout: 10s, attempts: 3 }',
    ).optional(),
    escalate: map({}, 'escalate: {}').optional(),
  },
  STEP,
);

const NAME = 'a name of letters, digits, - and _, such as restart-on-errors';
const playbook = map(
  {
    // A container's label lists names with commas, so a name holds none.
    name: text(NAME).regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, `is no name for a playbook: write ${NAME}`),
    matchers: list(matcher, `[ 'alertname="HighErrorRate"' ]`),
    target: map({ service }, `target: { service: '{{ $labels.service }}' }`),
    ...settings,
    steps: list(step, `[ { restart: { timeout: 10s } }, { escalate: {} } ]`),
    prove: map(
      { ...proving, query: proveQuery.optional(), above: number(0.2).optional() },
      '{ within: 90s, stable: 15s }, or leave prove out',
    ).optional(),
  },
  '- name: restart-on-errors and the keys of a playbook under it',
);

const maintenance = map(
  {
    name: text('a name that tells a person what is done then, such as backup'),
    zone,
    days: list(weekday, '[ sat, sun ], or leave days out for every day').optional(),
    from: timeOfDay('02:00', false),
    to: timeOfDay('04:00', true),
    services: list(text('the name of a service'), '[ api ], or leave services out for all').optional(),
    playbooks: list(
      text('the name of a playbook'),
      '[ restart-on-errors ], or leave playbooks out for all',
    ).optional(),
  },
  '- name: backup, with zone, from and to under it',
);

export const playbookFileSchema = map(
  {
    defaults: defaults.optional(),
    limits: limits.optional(),
    maintenance: list(
      maintenance,
      'a list of windows, each beginning with - name:, or leave maintenance out',
    ).optional(),
    playbooks: list(playbook, 'a list of playbooks, each beginning with - name:'),
  },
  'playbooks: and a list of playbooks',
);

/** The second file: durations for a demo or a test, and nothing that says what is acted on. */
export const overridesSchema = map(
  { defaults: defaults.optional(), limits: limits.optional() },
  'defaults: or limits: with what is to be replaced',
);

export type Written = z.output<typeof playbookFileSchema>;
export type WrittenPlaybook = Written['playbooks'][number];
export type WrittenDefaults = z.output<typeof defaults>;
export type WrittenMaintenance = z.output<typeof maintenance>;
export type WrittenLimits = z.output<typeof limits>;
