/**
 * Why the bot decided what it decided: one closed list that is the metric label, the column, and, through
 * `explain`, the sentence a person reads. Renaming one is a [CHANGE].
 */
export const REASONS = {
  act: ['first_attempt', 'retry', 'next_step', 'approved', 'trial'],
  defer: [
    'cooldown',
    'backoff',
    'action_in_progress',
    'settle',
    'dependency_unhealthy',
    'storm',
    'blast_radius',
    'last_healthy_replica',
    'maintenance',
    'paused',
    'silenced',
    'inhibited',
    'deploying',
    'already_restarted',
    'clock_jump',
    'guard_unavailable',
    'approval_required',
  ],
  skip: ['no_playbook', 'not_opted_in', 'protected', 'observe_only'],
  escalate: [
    'budget_exhausted',
    'quarantined',
    'steps_exhausted',
    'action_failed',
    'target_down',
    'target_gone',
    'no_target',
    'ambiguous_target',
    'unproven',
    'not_healed',
    'lost',
    'approval_expired',
    'waited_too_long',
    'storm',
    'recurring',
    'internal_error',
  ],
} as const;

export type DecisionKind = keyof typeof REASONS;
export type ActReason = (typeof REASONS)['act'][number];
export type DeferReason = (typeof REASONS)['defer'][number];
export type SkipReason = (typeof REASONS)['skip'][number];
export type EscalateReason = (typeof REASONS)['escalate'][number];
export type Reason = ActReason | DeferReason | SkipReason | EscalateReason;

/** Deferrals a person asked for: they may last, so they do not count towards `waited_too_long`. */
export const PERSONS_STOPS: readonly DeferReason[] = ['paused', 'silenced', 'inhibited', 'maintenance'];

const SENTENCES: Record<Reason, string> = {
  first_attempt: 'The alert fires, nothing speaks against acting: first attempt.',
  retry: 'The last attempt did not help and the playbook allows another one.',
  next_step: 'The last step did not help; the playbook goes on with the next one.',
  approved: 'A person approved the action.',
  trial: 'The quarantine is over and the trouble is still there: one trial attempt.',
  cooldown: 'The last incident of this target ended too recently.',
  backoff: 'The last attempt of this incident ended too recently.',
  action_in_progress: 'Another action is in progress.',
  settle: 'Waiting for what the target depends on to settle.',
  dependency_unhealthy: 'Something the target depends on is not well; that comes first.',
  storm: 'Too many incidents at once; everything is held.',
  blast_radius: 'As many targets as allowed are being acted on already.',
  last_healthy_replica: 'It is the last healthy replica.',
  maintenance: 'A maintenance window is open.',
  paused: 'A person paused the bot, or this target or playbook.',
  silenced: 'The alert is silenced in Alertmanager.',
  inhibited: 'Another alert inhibits this one in Alertmanager.',
  deploying: 'Somebody has just stopped the target, or deploys it.',
  already_restarted: 'The target was restarted by somebody else since the alert began.',
  clock_jump: 'The clock jumped; everything is held until it is steady.',
  guard_unavailable: 'A check could not be made, and what cannot be checked blocks.',
  approval_required: 'A person has to approve the action.',
  no_playbook: 'No playbook matches the alert.',
  not_opted_in: 'The target does not allow it: alert-bot.enable or alert-bot.playbooks.',
  protected: 'The target is protected: the bot or Alertmanager needs it.',
  observe_only: 'The mode is observe: the bot only says what it would do.',
  budget_exhausted: 'The attempts allowed in the window are used up.',
  quarantined: 'The target is in quarantine: its budget was spent, a person has to look.',
  steps_exhausted: 'Every step of the playbook was tried.',
  action_failed: 'The platform refused or failed the action.',
  target_down: 'The target is down and did not come back.',
  target_gone: 'The target was there and is gone.',
  no_target: 'The alert names no target that exists.',
  ambiguous_target: 'The alert names more than one target, which means none.',
  unproven: 'Whether the action helped could not be shown in time.',
  not_healed: 'The alert went away but the target is not well.',
  lost: 'Whether the action was done cannot be known.',
  approval_expired: 'Nobody approved the action in time.',
  waited_too_long: 'The wait lasted longer than the playbook allows.',
  recurring: 'The target was healed for the third time in 24 hours.',
  internal_error: 'The bot failed at its own work; see its log.',
};

/** The sentence a person reads for a reason. */
export const explain = (reason: Reason): string => SENTENCES[reason];
