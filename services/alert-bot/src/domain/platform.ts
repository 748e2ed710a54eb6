import type { Millis } from './duration.ts';
import type { Target, TargetId } from './target.ts';

/**
 * What an adapter's caller must be able to tell apart. `in_doubt` and `timed_out`: the call may have been
 * carried out, or still be on its way. `unavailable`: the call certainly never arrived.
 */
export type PlatformErrorCode =
  | 'not_found'
  | 'refused'
  | 'unavailable'
  | 'timed_out'
  | 'in_doubt'
  /** The platform stopped the instance but could not start it. */
  | 'start_failed';

export class PlatformError extends Error {
  override name = 'PlatformError';
  readonly code: PlatformErrorCode;
  constructor(code: PlatformErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const VERBS = ['restart', 'start'] as const;
export type Verb = (typeof VERBS)[number];

/**
 * A platform: few verbs and no policy. Every method rejects with a PlatformError, never with anything else.
 */
export interface Platform {
  readonly name: string;
  /** How the target of a service is called, whether it exists or not; asks nobody. */
  targetId(service: string): TargetId;
  /** Targets of that service name: none, one, or several (which means no action). */
  find(service: string): Promise<readonly Target[]>;
  /** Every target the platform knows, opted in or not. */
  list(): Promise<readonly Target[]>;
  /** One target as it is now. Rejects with `not_found` where it is gone. */
  inspect(id: TargetId): Promise<Target>;
  /**
   * Acts on one instance, named by its full id; resolves when the platform says that it is done.
   * @param grace how long the instance may take to stop before it is killed
   * @param atMost when to give up waiting (`timed_out`); the platform may still carry it out
   */
  act(verb: Verb, instanceId: string, grace: Millis, atMost: Millis): Promise<void>;
  /** The last log lines of an instance. */
  logs(instanceId: string, lines: number): Promise<string>;
}
