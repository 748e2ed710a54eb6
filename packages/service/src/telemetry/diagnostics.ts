import { DiagLogLevel, diag } from '@opentelemetry/api';

const levels: Record<string, DiagLogLevel> = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

const quietMs = 60_000;

/**
 * Tells the troubles of the telemetry itself, such as a backend that is away: one JSON line on stderr, the same trouble
 * once a minute with the number of times that it was kept back. Not through the log, which may be what cannot be sent.
 */
export function tellTroubles(
  service: string,
  level: string,
  write: (line: string) => void = (line) => process.stderr.write(line),
  now: () => number = Date.now,
): void {
  const told = new Map<string, { at: number; repeats: number }>();
  const tell =
    (severity: string) =>
    (message: string, ...details: unknown[]) => {
      const text = [message, ...details].map(asText).join(' ').slice(0, 500);
      const known = told.get(text);
      if (known !== undefined && now() - known.at < quietMs) {
        known.repeats += 1;
        return;
      }
      // Texts with numbers in them would be kept for ever.
      if (told.size >= 100) told.clear();
      told.set(text, { at: now(), repeats: 0 });
      const line = {
        level: severity,
        time: new Date(now()).toISOString(),
        service,
        ...(known === undefined || known.repeats === 0 ? {} : { repeats: known.repeats }),
        detail: text,
        msg: 'telemetry',
      };
      write(`${JSON.stringify(line)}\n`);
    };
  const logger = {
    error: tell('error'),
    warn: tell('warn'),
    info: tell('info'),
    debug: tell('debug'),
    verbose: tell('trace'),
  };
  diag.setLogger(logger, { logLevel: levels[level] ?? DiagLogLevel.WARN, suppressOverrideMessage: true });
}

function asText(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
