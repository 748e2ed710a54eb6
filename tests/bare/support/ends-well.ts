import { expect } from 'vitest';
import { until } from '../../../scripts/stack/until.ts';
import { eager } from '../../support/eager.ts';
import type { Alerting } from './alerting.ts';

export const EAGER = eager({ within: '4s', stable: '1s' });

/** The alert that this service is down. */
export const down = (service: string) => ({
  alertname: 'ServiceDown',
  service,
  severity: 'critical',
  remediation: 'auto',
});

/**
 * Once whatever was in the way is gone: all that fires in Alertmanager is decided about, and each of these services was
 * restarted once, and has one incident.
 */
export async function endsWell(alerting: Alerting, services: readonly string[]): Promise<void> {
  await alerting.handedOver(services);
  // Two rounds of repeats: nothing new comes of them.
  const enough = alerting.relay.answers().length + 2 * services.length;
  await until(() => alerting.relay.answers().length >= enough, { what: 'repeats', withinMs: 150_000 });
  const firing = (await alerting.firing()).map(({ labels }) => labels['service']);
  expect(firing).toEqual(expect.arrayContaining([...services]));
  expect(await alerting.undecided()).toEqual([]);
  const incidents = await alerting.client.incidents();
  for (const service of services) {
    expect([service, ...(await alerting.happened(service))]).toEqual([service, 'stop', 'die', 'start']);
    expect(incidents.filter(({ target }) => target === `supervisor:${service}`)).toHaveLength(1);
  }
}
