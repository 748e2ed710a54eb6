import { z } from 'zod';
import { ConfigError, type Environment } from '../config.ts';
import { describe, validate } from '../validate.ts';

/** OpenTelemetry takes an empty variable for one that is not set. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const oneOf = (values: readonly [string, ...string[]]) =>
  optional(z.enum(values, `give one of ${values.join(', ')}`));

const endpoint = optional(
  z
    .string()
    .refine(
      (text) => /^https?:\/\//.test(text) && URL.canParse(text),
      'give http://host:port of an OTLP receiver, for example http://127.0.0.1:4318',
    ),
);
const protocol = oneOf(['http/protobuf', 'http/json', 'grpc']);
// Not console: stdout is the log, one JSON object a line.
const exporter = oneOf(['otlp', 'none']);
const whole = optional(z.string().regex(/^[1-9]\d{0,8}$/, 'give a whole number above 0'));

const variables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TIMEOUT: whole,
  OTEL_TRACES_EXPORTER: exporter,
  OTEL_LOGS_EXPORTER: exporter,
  OTEL_METRICS_EXPORTER: exporter,
  OTEL_TRACES_SAMPLER: oneOf([
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ]),
  OTEL_TRACES_SAMPLER_ARG: optional(
    z.string().regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'give a share from 0 to 1, for example 0.1'),
  ),
  OTEL_BSP_SCHEDULE_DELAY: whole,
  OTEL_BSP_EXPORT_TIMEOUT: whole,
  OTEL_BSP_MAX_QUEUE_SIZE: whole,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole,
  OTEL_BLRP_SCHEDULE_DELAY: whole,
  OTEL_BLRP_EXPORT_TIMEOUT: whole,
  OTEL_BLRP_MAX_QUEUE_SIZE: whole,
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: whole,
  OTEL_LOG_LEVEL: oneOf(['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all']),
};

/** Telemetry is on where a place to send it to is named, and not switched off. */
export function telemetryIsWanted(env: Environment): boolean {
  const named = [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
  ].some((variable) => (env[variable] ?? '') !== '');
  return named && !/^true$/i.test(env['OTEL_SDK_DISABLED'] ?? '');
}

/**
 * Refuses a wrong value of an OTEL_… variable that matters here: the SDK would replace it by a default, with a word on
 * a log that nobody reads. Variables that are not in the list go to the SDK as they are. Throws a ConfigError.
 */
export function checkTelemetrySettings(name: string, env: Environment): void {
  const schema = z.object({
    ...variables,
    OTEL_SDK_DISABLED: optional(z.string().regex(/^(true|false)$/i, 'give true or false')),
    OTEL_SERVICE_NAME: optional(
      z.literal(name, `leave it out: metrics and logs call this service ${JSON.stringify(name)} too`),
    ),
  });
  const result = validate(schema, env);
  if (!result.ok) throw new ConfigError(result.problems.map(describe).join('; '));
}
