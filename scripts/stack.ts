import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Postgres, startPostgres } from '../tests/support/postgres.ts';
import { alertmanagerPart, type Gossip } from './parts/alertmanager.ts';
import { type BotOptions, botPart } from './parts/bot.ts';
import { prometheusPart } from './parts/prometheus.ts';
import { supervisorPart } from './parts/supervisor.ts';
import { divideDuration } from './render/durations.ts';
import { type Replacement, render } from './render.ts';
import { Part, type PartSpec } from './stack/part.ts';
import { makePlaces, type Places } from './stack/places.ts';
import { freePorts, knownPorts, type Ports, requireFree } from './stack/ports.ts';
import { Teardown } from './stack/teardown.ts';
import { answersWell, until } from './stack/until.ts';

export type PartName = 'supervisor' | 'bot' | 'alertmanager' | 'prometheus';

export type StackOptions = {
  /** Everything the run writes is in here, and stays. Only PostgreSQL keeps its files elsewhere and removes them. */
  folder: string;
  /** `known`: 8000, 8010, 5000, 9090, 9093. */
  ports?: 'free' | 'known';
  /** What the durations of rules, scrapes and routes are divided by. */
  factor?: number;
  bot?: BotOptions;
  /** Makes the Alertmanager one of a cluster. */
  gossip?: Gossip;
  /** A webhook for the receiver `people`, which is shipped empty. */
  people?: string;
  /** Parts that are prepared but not started. They can be started later. */
  without?: readonly PartName[];
  /** What to do when a part ends that nobody asked to end. */
  onUnexpectedExit?: (message: string) => void;
};

export type Stack = {
  /** `http://127.0.0.1:<port>` of each. */
  addresses: Record<keyof Ports, string>;
  places: Places;
  /** Files with one token each. */
  tokens: { webhook: string; admin: string; faults: string };
  replacements: Replacement[];
  /** What `--rules.alert.resend-delay` is, which the factor divides as well. */
  resendDelay: string;
  postgres: Postgres;
  parts: Record<PartName, Part>;
  /** Ends everything, in the opposite order. May be called again. */
  stop(): Promise<void>;
};

/** Starts the reference stack on this machine, each part when those it needs are ready. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { factor = 5, without = [] } = options;
  const ports = options.ports === 'known' ? knownPorts : await freePorts();
  await requireFree(ports);
  const places = makePlaces(options.folder);
  const tokens = {
    webhook: join(places.botData, 'tokens/webhook'),
    admin: join(places.botData, 'tokens/admin'),
    faults: places.faultsToken,
  };
  const { files, replacements } = render({
    api: `127.0.0.1:${ports.api}`,
    payments: `127.0.0.1:${ports.payments}`,
    bot: `127.0.0.1:${ports.bot}`,
    prometheus: `127.0.0.1:${ports.prometheus}`,
    alertmanager: `127.0.0.1:${ports.alertmanager}`,
    rulesFile: join(places.rendered, 'alert_rules.yml'),
    tokenFile: tokens.webhook,
    factor,
    ...(options.people ? { people: options.people } : {}),
  });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(places.rendered, name), text);
  const resendDelay = divideDuration('1m', factor);

  const teardown = new Teardown();
  const begin = async (name: PartName, spec: PartSpec): Promise<Part> => {
    const part = new Part({
      ...spec,
      ...(options.onUnexpectedExit ? { onUnexpectedExit: options.onUnexpectedExit } : {}),
    });
    teardown.add(name, () => part.stop());
    if (!without.includes(name)) await part.start();
    return part;
  };
  try {
    // Before anything runs: a missing tool is told at once, and unpacking one takes seconds.
    const alertmanagerSpec = await alertmanagerPart(places, ports.alertmanager, options.gossip);
    const prometheusSpec = await prometheusPart(places, ports.prometheus, resendDelay);

    const postgres = await startPostgres();
    teardown.add('postgres', () => postgres.stop());
    const supervisor = await begin('supervisor', supervisorPart(places, ports, postgres.url));
    // The bot makes the token that Alertmanager sends. Prometheus comes last, so that the first alert finds a way.
    const bot = await begin('bot', botPart(places, ports, options.bot ?? {}));
    const alertmanager = await begin('alertmanager', alertmanagerSpec);
    const prometheus = await begin('prometheus', prometheusSpec);

    const addresses = {
      api: `http://127.0.0.1:${ports.api}`,
      payments: `http://127.0.0.1:${ports.payments}`,
      bot: `http://127.0.0.1:${ports.bot}`,
      prometheus: `http://127.0.0.1:${ports.prometheus}`,
      alertmanager: `http://127.0.0.1:${ports.alertmanager}`,
    };
    if (without.length === 0) {
      const what = 'the alert bot to be ready';
      await until(() => answersWell(`${addresses.bot}/readyz`), { what });
    }
    const parts = { supervisor, bot, alertmanager, prometheus };
    const stop = () => teardown.run();
    return { addresses, places, tokens, replacements, resendDelay, postgres, parts, stop };
  } catch (error) {
    await teardown.run().catch((also: unknown) => {
      throw new AggregateError([error, also], `${messageOf(error)}; then ${messageOf(also)}`);
    });
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
