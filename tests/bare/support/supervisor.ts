import { z } from 'zod';
import { askSocket } from './ask.ts';

const entry = z.object({
  at: z.coerce.date(),
  name: z.string(),
  event: z.string(),
  by: z.string().optional(),
});
const record = z.object({ entries: z.array(entry) });
const processShape = z.object({ id: z.string(), state: z.string(), health: z.string() });

export type Supervisor = ReturnType<typeof supervisorClient>;

/** The supervisor's own record: the truth about what was stopped and started, whatever anybody else believes. */
export function supervisorClient(socket: string) {
  let skipped = 0;
  const entries = async () => (await askSocket(socket, '/record', record)).entries;

  return {
    /** What follows counts from here. */
    async mark(): Promise<void> {
      skipped = (await entries()).length;
    },
    /** What happened to a process since the mark, such as `stop restart`, `die`, `start`. */
    async happened(process = 'api'): Promise<string[]> {
      return (await entries())
        .slice(skipped)
        .filter(({ name }) => name === process)
        .map(({ event, by }) => (by === undefined ? event : `${event} ${by}`));
    },
    /** How often it was started since the mark. */
    async starts(): Promise<number> {
      return (await this.happened()).filter((event) => event === 'start').length;
    },
    api: () => askSocket(socket, '/processes/api', processShape),
    async startApi(): Promise<void> {
      const { id } = await askSocket(socket, '/processes/api', processShape);
      await askSocket(socket, `/processes/${encodeURIComponent(id)}/start`, z.unknown(), 'POST');
    },
  };
}
