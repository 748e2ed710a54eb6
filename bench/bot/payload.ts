/** A POST of Alertmanager as bytes, with places for numbers, so that each one sent is about alerts of its own. */
export interface Payload {
  bytes: Buffer;
  /** Where in the bytes a number of `DIGITS` digits stands. */
  slots: readonly number[];
}

export const DIGITS = 12;
const SLOT = '#'.repeat(DIGITS);

export const labelsOf = (alertname: string, service: string, instance: string) => ({
  alertname,
  service,
  instance,
  job: 'flood',
  severity: 'warning',
  remediation: 'auto',
  cluster: 'production-eu-central',
});

/** Alerts alike but for their numbers, of which `to` is the first that is none of them. */
export interface Numbered {
  alertname: string;
  service: string;
  from: number;
  to: number;
}

/** The same alerts as the load generator sends, as Alertmanager takes them. */
export const alertsOf = (
  { alertname, service, from, to }: Numbered,
  times: { startsAt: number; endsAt: number },
) =>
  Array.from({ length: to - from }, (_, i) => ({
    labels: labelsOf(alertname, service, String(from + i).padStart(DIGITS, '0')),
    annotations: {},
    ...times,
    generatorURL: '',
  }));

export interface Content {
  /** How many are in it. */
  alerts: number;
  service: string;
  alertname: string;
  status: 'firing' | 'resolved';
  /** As somebody's test is sent: it needs no Alertmanager to hold it, which the sweep would find before it is sent. */
  byHand: boolean;
}

/** Ten alerts are about 6 kB, as those of this repository are. */
export function webhookBody({ alerts, service, alertname, status, byHand }: Content): string {
  const at = new Date().toISOString();
  const one = {
    status,
    labels: labelsOf(alertname, service, SLOT),
    annotations: {
      summary: `${service}: more than one request in five fails`,
      description: `Of the requests of the last minute to ${service} 34.2 % failed, and of those of the last 30 seconds too.`,
      runbook_url: 'docs/runbooks/HighErrorRate.md',
    },
    startsAt: at,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus:9090/graph?g0.expr=job%3Arequests%3Aratio&g0.tab=1',
    fingerprint: '0123456789abcdef',
  };
  return JSON.stringify({
    receiver: 'alert-bot',
    status,
    alerts: Array.from({ length: alerts }, () => one),
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    version: '4',
    ...(byHand ? {} : { groupKey: '{}/{remediation="auto"}:{}' }),
    truncatedAlerts: 0,
  });
}

/** The whole request, head and body. */
export function webhookRequest(body: string, token: string, path = '/webhook'): Payload {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `authorization: Bearer ${token}`,
    `content-length: ${Buffer.byteLength(body)}`,
    '\r\n',
  ].join('\r\n');
  const bytes = Buffer.from(head + body);
  const slots: number[] = [];
  for (let at = bytes.indexOf(SLOT); at >= 0; at = bytes.indexOf(SLOT, at + DIGITS)) slots.push(at);
  return { bytes, slots };
}

/** Writes the next numbers into its places. @returns the first number that was not used */
export function fill({ bytes, slots }: Payload, next: number): number {
  for (const slot of slots) bytes.write(String(next++).padStart(DIGITS, '0'), slot, 'latin1');
  return next;
}
