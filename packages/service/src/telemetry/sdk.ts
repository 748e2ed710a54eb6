import { setTimeout as sleep } from 'node:timers/promises';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { tellTroubles } from './diagnostics.ts';
import { connectPast, ids } from './past.ts';
import type { Telemetry } from './start.ts';
import { activeSegment, connectTracing } from './tracing.ts';

/** Ours where the environment names none. The SDK reads them there, so that there is one way to set them. */
const defaults = {
  // Metrics are scraped.
  OTEL_METRICS_EXPORTER: 'none',
  // Not `process`, with command lines and users; not `os`.
  OTEL_NODE_RESOURCE_DETECTORS: 'host,serviceinstance,env',
  // A batch is encoded in one go, in which nobody is served: many small ones instead of a big one.
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '128',
  OTEL_BSP_SCHEDULE_DELAY: '1000',
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '128',
  OTEL_BLRP_SCHEDULE_DELAY: '1000',
};

/**
 * Loads and starts the SDK.
 * @param namespace what the service is a part of; null where it is a product of its own
 */
export function startSdk(name: string, namespace: string | null): Telemetry {
  for (const [variable, value] of Object.entries(defaults)) process.env[variable] ||= value;
  const level = process.env['OTEL_LOG_LEVEL'] ?? 'warn';
  // The SDK would write to stdout, which is the log.
  delete process.env['OTEL_LOG_LEVEL'];
  tellTroubles(name, level);

  const sdk = new NodeSDK({
    serviceName: name,
    resource:
      namespace === null
        ? defaultResource()
        : defaultResource().merge(resourceFromAttributes({ 'service.namespace': namespace })),
    idGenerator: ids,
    instrumentations: [
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
      new PinoInstrumentation({
        disableLogSending: process.env['OTEL_LOGS_EXPORTER'] === 'none',
        logHook(_, record) {
          const segment = activeSegment();
          if (segment !== undefined) record['segment'] = segment;
        },
      }),
    ],
  });
  sdk.start();
  connectTracing(name);
  connectPast(name);

  return {
    async stop(withinMs) {
      // A backend that is away is no reason to stay.
      await Promise.race([sdk.shutdown(), sleep(withinMs)]).catch(() => undefined);
    },
  };
}
