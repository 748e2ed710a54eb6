import { z } from 'zod';
import { ask } from './ask.ts';

const labels = z.record(z.string(), z.string());
const held = z.array(z.object({ labels, startsAt: z.string(), status: z.object({ state: z.string() }) }));
const silence = z.object({ id: z.string(), status: z.object({ state: z.string() }) });
const rules = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), query: z.string() })) })),
  }),
});
const alerts = z.object({
  data: z.object({ alerts: z.array(z.object({ labels, state: z.string() })) }),
});
const vector = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** Neither the heartbeat, nor what tells of the bot's state or of hours gone by: of the trouble that is there now. */
const isTrouble = ({ labels: { alertname = '', remediation } }: { labels: Record<string, string> }) =>
  !/^(?:Watchdog|AlertBot(?!Down).+)$/.test(alertname) && remediation !== 'none';

export type Alertmanager = ReturnType<typeof alertmanagerClient>;
export type Prometheus = ReturnType<typeof prometheusClient>;

export function alertmanagerClient(address: string) {
  const silences = () => ask(`${address}/api/v2/silences`, z.array(silence));
  return {
    /** The trouble that it holds, silenced or not. */
    async alerts() {
      const all = await ask(`${address}/api/v2/alerts`, held);
      return all.filter(isTrouble);
    },
    /** Puts alerts in as Prometheus does. */
    post: (sent: readonly object[]) =>
      ask(`${address}/api/v2/alerts`, z.unknown(), { method: 'POST', body: sent }),
    async silence(alertname: string): Promise<string> {
      const now = Date.now();
      const body = {
        matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
        startsAt: new Date(now).toISOString(),
        endsAt: new Date(now + 600_000).toISOString(),
        createdBy: 'a test',
        comment: 'it is part of the case',
      };
      const made = z.object({ silenceID: z.string() });
      return (await ask(`${address}/api/v2/silences`, made, { method: 'POST', body })).silenceID;
    },
    unsilence: (id: string) => ask(`${address}/api/v2/silence/${id}`, z.unknown(), { method: 'DELETE' }),
    async unsilenceAll(): Promise<void> {
      for (const { id, status } of await silences()) if (status.state !== 'expired') await this.unsilence(id);
    },
  };
}

export function prometheusClient(address: string) {
  return {
    /** Names of the alerts of trouble that are pending or firing. */
    async alerts(): Promise<string[]> {
      const { data } = await ask(`${address}/api/v1/alerts`, alerts);
      return data.alerts.filter(isTrouble).map((alert) => alert.labels['alertname'] ?? '');
    },
    /** What an instant query yields, or undefined where that is nothing. */
    async value(query: string): Promise<number | undefined> {
      const { data } = await ask(`${address}/api/v1/query?query=${encodeURIComponent(query)}`, vector);
      const text = data.result[0]?.value[1];
      return text === undefined ? undefined : Number(text);
    },
    /** A rule's query as Prometheus writes it, which is what an alert's generatorURL holds. */
    async queryOf(alertname: string): Promise<string> {
      const { data } = await ask(`${address}/api/v1/rules`, rules);
      const rule = data.groups.flatMap((group) => group.rules).find(({ name }) => name === alertname);
      if (rule === undefined) throw new Error(`Prometheus has no rule ${alertname}`);
      return rule.query;
    },
  };
}
