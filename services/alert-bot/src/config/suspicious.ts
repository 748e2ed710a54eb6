import { formatDuration, type Millis } from '../domain/duration.ts';
import type { Playbook, PlaybookFile } from '../domain/playbook.ts';
import { contradiction, shadows } from '../policy/shadow.ts';
import { printBudgets } from './settings.ts';
import type { Path } from './yaml-source.ts';

/** Something legal that is probably not meant: where it stands, and a sentence that says what to change. */
export interface Suspicion {
  /** The playbook it is about; null for what concerns the whole file. */
  playbook: number | null;
  /** The key, from the playbook or the top of the file on. */
  path: Path;
  message: string;
}

/** What a question to a person takes at least: Alertmanager's wait, a page, and reading it. */
const QUICKEST_ANSWER: Millis = 60_000;

/** Everything that is suspicious about a good file. Only what can be shown from the file itself. */
export function suspicions(file: PlaybookFile): Suspicion[] {
  const all = file.playbooks.flatMap((playbook, index) =>
    [...pace(playbook, file.playbooks), ...matching(file.playbooks, index)].map((found) => ({
      ...found,
      playbook: index,
    })),
  );
  return [...fleet(file), ...all];
}

type Found = Omit<Suspicion, 'playbook'>;

function pace({ limits }: Playbook, all: readonly Playbook[]): Found[] {
  const { cooldown, budgets, quarantine, deferAtMost } = limits;
  const found: Found[] = [];
  const longest = Math.max(...budgets.map(({ per }) => per));
  const shortest = Math.min(...budgets.map(({ per }) => per));
  if (cooldown >= longest)
    found.push({
      path: ['cooldown'],
      message: `is not shorter than the longest window of its budgets (${printBudgets(budgets)}), so that no incident counts against the next one: write a shorter cooldown or a longer per`,
    });
  if (cooldown > deferAtMost)
    found.push({
      path: ['cooldown'],
      message: `is longer than limits.defer_at_most (${formatDuration(deferAtMost)}), so that a person is told before it ends: write a shorter cooldown or a longer defer_at_most`,
    });
  if (quarantine !== 'manual' && quarantine < shortest)
    found.push({
      path: ['quarantine'],
      message: `is shorter than the shortest window of its budgets (${printBudgets(budgets)}), which still forbids the trial at its end: write ${formatDuration(shortest)} or more`,
    });
  for (const [index, budget] of budgets.entries()) {
    const tighter = budgets.find(
      (one, at) =>
        one !== budget &&
        one.attempts <= budget.attempts &&
        one.per >= budget.per &&
        // Of two that are the same, the second one is told.
        (one.attempts < budget.attempts || one.per > budget.per || at < index),
    );
    if (tighter !== undefined)
      found.push({
        path: ['budgets', index],
        message: `never counts, as ${printBudgets([tighter])} is always spent before: leave one of the two out`,
      });
    else if (soonest(budget.attempts, all) >= budget.per)
      found.push({
        path: ['budgets', index],
        message: `can never be spent, as backoff and cooldown spread ${budget.attempts} attempts over at least ${formatDuration(soonest(budget.attempts, all))}: write fewer attempts or a longer per`,
      });
  }
  return found;
}

/**
 * A time in which no target can have that many attempts, whichever playbooks they are of: as many as one incident may
 * have stand a backoff apart, and between two incidents is a cooldown.
 */
function soonest(attempts: number, playbooks: readonly Playbook[]): Millis {
  const least = (of: (limits: Playbook['limits']) => Millis) =>
    Math.min(...playbooks.map(({ limits }) => of(limits)));
  const backoff = least(({ backoff: { initial, max } }) => Math.min(initial, max));
  const cooldown = least((limits) => limits.cooldown);
  const rungs = Math.max(
    ...playbooks.map(({ steps }) =>
      steps.reduce((sum, step) => sum + (step.kind === 'restart' ? step.attempts : 0), 0),
    ),
  );
  const gaps = attempts - 1;
  // An incident may also end after one attempt, healed.
  if (cooldown <= backoff) return gaps * cooldown;
  const between = Math.floor(gaps / rungs);
  return between * cooldown + (gaps - between) * backoff;
}

function matching(playbooks: readonly Playbook[], index: number): Found[] {
  const playbook = playbooks[index];
  if (playbook === undefined) return [];
  const label = contradiction(playbook.matchers);
  if (label !== null)
    return [
      {
        path: ['matchers'],
        message: `can never match: no value of ${label} satisfies them all; write one matcher for it, such as ${label}=~"a|b"`,
      },
    ];
  const earlier = playbooks.slice(0, index).find((one) => shadows(one.matchers, playbook.matchers));
  if (earlier === undefined) return [];
  return [
    {
      path: ['name'],
      message: `is never used, as ${earlier.name} stands before it and matches all that it matches: write it before ${earlier.name}, or narrow that one's matchers`,
    },
  ];
}

function fleet({ limits: { storm, targets }, playbooks, maintenance }: PlaybookFile): Suspicion[] {
  const found: Suspicion[] = [];
  const tell = (path: Path, message: string) => found.push({ playbook: null, path, message });
  const [first] = playbooks;
  if (storm.incidents === 1)
    tell(
      ['limits', 'storm', 'incidents'],
      'makes every incident a storm, which holds all actions: write 3 or more',
    );
  if (storm.calm < storm.per)
    tell(
      ['limits', 'storm', 'calm'],
      `is shorter than per (${formatDuration(storm.per)}), so that one new incident after it counts with those of the storm: write ${formatDuration(storm.per)} or more`,
    );
  if (first !== undefined && targets.per > first.limits.deferAtMost)
    tell(
      ['limits', 'targets', 'per'],
      `is longer than limits.defer_at_most (${formatDuration(first.limits.deferAtMost)}), so that a person is told before the next target may be acted on: write a shorter per or a longer defer_at_most`,
    );
  if (first !== undefined && first.limits.settle >= first.limits.deferAtMost)
    tell(
      ['limits', 'settle'],
      `is not shorter than limits.defer_at_most (${formatDuration(first.limits.deferAtMost)}), so that a person is told before what has dependencies may be acted on: write a shorter settle or a longer defer_at_most`,
    );
  if (
    first !== undefined &&
    first.limits.approveWithin < QUICKEST_ANSWER &&
    playbooks.some(({ mode }) => mode === 'approve')
  )
    tell(
      ['limits', 'approve_within'],
      'is hardly enough for a person to be told and to answer: write 5m or more',
    );
  for (const [index, { from, to, days, services, playbooks: only }] of maintenance.entries())
    if (to - from === 24 * 60 && days.length === 7 && services === null && only === null)
      tell(
        ['maintenance', index],
        'is always open, so that nothing is ever acted on: write mode: observe under defaults, or a shorter window',
      );
  return found;
}
