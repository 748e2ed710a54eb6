/** What a traced purchase carries: attributes of its spans, fields of its lines, labels of its exemplars. */
import { until } from '../../../scripts/stack/until.ts';
import { startApi } from '../../support/api.ts';
import { startOtlpReceiver } from '../../support/otlp.ts';
import { startPayments } from '../../support/payments.ts';

export interface Traced {
  /** As TraceQL names them: `span.http.route`, `resource.service.name`. */
  attributes: Set<string>;
  logFields: Set<string>;
  exemplarLabels: Set<string>;
}

export async function traceOnePurchase(databaseUrl: string): Promise<Traced> {
  const receiver = await startOtlpReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  };
  const payments = await startPayments(env);
  const api = await startApi(databaseUrl, payments.url, { env });
  try {
    await fetch(`${api.url}/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', baggage: 'user.segment=vip' },
      body: JSON.stringify({ amount: 1_250, currency: 'EUR' }),
    });
    const names = () => receiver.spans.map(({ service, name }) => `${service} ${name}`);
    await until(
      () => ['api POST /transactions', 'payments POST /authorisations'].every((one) => names().includes(one)),
      {
        what: 'the spans of both services',
      },
    );
    const exemplars = [...(await api.metrics()).matchAll(/ # \{([^}]*)\}/g)].map(([, labels = '']) => labels);
    return {
      // The receiver has the service of a span from its resource.
      attributes: new Set([
        'resource.service.name',
        ...receiver.spans.flatMap(({ attributes }) => Object.keys(attributes).map((key) => `span.${key}`)),
      ]),
      logFields: new Set(api.log().flatMap((line) => Object.keys(line))),
      exemplarLabels: new Set(
        exemplars.flatMap((labels) => [...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label)),
      ),
    };
  } finally {
    await Promise.all([api.stop(), payments.stop()]);
    await receiver.stop();
  }
}
