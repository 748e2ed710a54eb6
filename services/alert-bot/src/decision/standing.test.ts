import { expect, test } from 'vitest';
import { PlatformError } from '../domain/platform.ts';
import type { Playbook } from '../domain/playbook.ts';
import type { Target } from '../domain/target.ts';
import { LIMITS } from '../policy/facts.fixture.ts';
import { endAttempt } from '../store/attempts.ts';
import { resetTarget } from '../store/targets.ts';
import { anAttempt, anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { createStandings, standingOf } from './standing.ts';

const MINUTE = 60_000;
const target = (labels: Target['labels'] = {}, id = 'supervisor:api'): Target => ({
  id,
  service: id.split(':')[1] ?? '',
  labels: { 'alert-bot.enable': 'true', ...labels },
  instances: [],
  dependsOn: [],
  protectedBecause: null,
});

const playbook = (name: string, service: string, budgets: Playbook['limits']['budgets']): Playbook => ({
  name,
  mode: 'act',
  matchers: [],
  matches: () => true,
  service,
  steps: [],
  limits: { ...LIMITS, budgets },
  prove: { within: 0, stable: 0, query: null },
});

const PLAYBOOKS = [
  playbook('any', '{{ $labels.service }}', [
    { attempts: 3, per: 30 * MINUTE },
    { attempts: 6, per: 24 * 60 * MINUTE },
  ]),
  playbook('stricter', 'api', [{ attempts: 2, per: 30 * MINUTE }]),
  playbook('of another', 'payments', [{ attempts: 1, per: 30 * MINUTE }]),
];

function asked(log: ReturnType<typeof temporaryLog>, playbooks = PLAYBOOKS) {
  const [limits, maintenance] = [{ ...FLEET }, []];
  return {
    db: log.db,
    playbooks: () => ({ playbooks, limits, maintenance, text: '' }),
    platform: { targetId: (service: string) => `supervisor:${service}` },
  };
}
const FLEET = {
  concurrent: 1,
  targets: { count: 1, percent: 100, per: MINUTE },
  storm: { incidents: 9, per: MINUTE, calm: MINUTE },
};
const left = (deps: ReturnType<typeof asked>, one: Target, now = NOON) =>
  standingOf(deps, one, now).budgets.map((budget) => [budget.per / MINUTE, budget.left]);

test('G4: of the playbooks that may act on a target the strictest of each window counts', () => {
  using log = temporaryLog();
  const deps = asked(log);
  expect(left(deps, target())).toEqual([
    [30, 2],
    [1440, 6],
  ]);
  expect(left(deps, target({}, 'supervisor:payments'))).toEqual([
    [30, 1],
    [1440, 6],
  ]);
  expect(left(deps, target({ 'alert-bot.playbooks': 'stricter' }))).toEqual([[30, 2]]);
  // Its own budget is one more; labels that cannot be read allow nothing.
  expect(left(deps, target({ 'alert-bot.budget': '1 per 1h' }))).toEqual([
    [30, 2],
    [60, 1],
    [1440, 6],
  ]);
  expect(left(deps, target({ 'alert-bot.budget': 'much' }))).toEqual([]);
});

test('G4: what was attempted leaves its window, and a reset leaves nothing behind', () => {
  using log = temporaryLog();
  const deps = asked(log);
  for (const at of [NOON - 40 * MINUTE, NOON - MINUTE]) {
    const { id } = anAttempt(log.db, anIncident(log.db, { target: 'supervisor:api' }, at), at);
    endAttempt(log.db, id, 'helped', '', at);
    log.db.prepare("UPDATE incidents SET status = 'closed'").run();
  }
  expect(left(deps, target())).toEqual([
    [30, 1],
    [1440, 4],
  ]);
  resetTarget(log.db, 'supervisor:api', NOON);
  expect(left(deps, target(), NOON + 1)).toEqual([
    [30, 2],
    [1440, 6],
  ]);
});

test('a platform that is away, or hangs, is told as it was last', async () => {
  using log = temporaryLog();
  let answer = async (): Promise<Target[]> => [
    target(),
    target({ 'alert-bot.enable': 'false' }, 'supervisor:b'),
  ];
  const standings = createStandings({
    ...asked(log),
    now: () => NOON,
    sleep: async () => {},
    breathe: async () => {},
    platform: { targetId: (service) => `supervisor:${service}`, list: () => answer() },
  });
  const ids = async () => (await standings()).map(({ id }) => id);
  await expect.poll(ids).toEqual(['supervisor:api']);
  answer = async () => {
    throw new PlatformError('unavailable', 'away');
  };
  expect(await ids()).toEqual(['supervisor:api']);
  answer = () => new Promise(() => {});
  expect(await ids()).toEqual(['supervisor:api']);
});
