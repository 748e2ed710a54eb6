import { type DestinationStream, destination } from 'pino';
import { escapeSigns } from '../domain/signs.ts';

/**
 * Where the bot's own log goes: stdout, a line at once. A label of an alert stands in it as anybody wrote it, and pino escapes
 * only what JSON has to: what a terminal would obey is escaped too.
 */
export function logStream(to: DestinationStream = destination({ dest: 1, sync: true })): DestinationStream {
  return { write: (line) => to.write(escapeSigns(line)) };
}
