import type { Alert, Labels } from './alert.ts';
import type { Instant, Millis } from './duration.ts';

/** A source that could not be asked, or answered with something else than what was asked for. */
export class SignalError extends Error {
  override name = 'SignalError';
}

/** An alert as Alertmanager holds it now. */
export interface CurrentAlert extends Alert {
  state: 'active' | 'silenced' | 'inhibited' | 'unprocessed';
  /** Ids of the silences, or fingerprints of the alerts that inhibit it. */
  suppressedBy: readonly string[];
}

/** One reading of every Alertmanager peer. */
export interface AlertReading {
  at: Instant;
  /** By fingerprint, over all peers that answered; an alert active at one peer is active. */
  alerts: ReadonlyMap<string, CurrentAlert>;
  /** Shortest uptime of the peers that answered; under 90 s an absent alert is unknown (design §2). */
  uptime: Millis;
  /** Peers that did not answer, with why. */
  failures: readonly string[];
}

/** Alertmanager's API, all peers together. */
export interface AlertmanagerPort {
  /** Rejects with a SignalError where no peer answers. */
  read(now: Instant): Promise<AlertReading>;
  /**
   * Sends alerts to every peer; rejects where none took them, naming each.
   * @returns why some did not, a line each; empty where all took them
   */
  send(alerts: readonly OutgoingAlert[]): Promise<readonly string[]>;
}

export interface OutgoingAlert {
  labels: Labels;
  annotations: Labels;
  startsAt: Instant;
  endsAt: Instant;
  generatorURL: string;
}

/** A rule of Prometheus with its alerts, as `/api/v1/rules` has it. */
export interface AlertingRule {
  name: string;
  query: string;
  /** `for` */
  holds: Millis;
  keepFiringFor: Millis;
  interval: Millis;
  lastEvaluation: Instant;
  healthy: boolean;
  /** Pending and firing ones. */
  alerts: readonly { labels: Labels; state: 'pending' | 'firing' }[];
  /** How far back the rule looks: its longest range with subqueries and offsets; null where that cannot be told. */
  range: Millis | null;
}

export interface Sample {
  at: Instant;
  value: number;
}

/** Prometheus' API. Every method rejects with a SignalError. */
export interface PrometheusPort {
  /** Alerting rules with their range resolved, recording rules followed by name in the same answer. */
  rules(): Promise<readonly AlertingRule[]>;
  /** An instant query that yields a scalar or one series; null where it yields nothing or NaN. */
  value(query: string): Promise<number | null>;
  /** Every series of an instant query, for evidence. */
  series(query: string): Promise<readonly { labels: Labels; value: number }[]>;
  /** Raw samples of a selector with their own times, all series together, oldest first. */
  samples(selector: string, back: Millis): Promise<readonly Sample[]>;
}
