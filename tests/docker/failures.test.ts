import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../../scripts/stack/until.ts';
import { ask } from '../bare/support/ask.ts';
import { escalated, reasons } from '../bare/support/bot.ts';
import { eager } from '../support/eager.ts';
import { docker } from './support/compose-project.ts';
import { NODE_IMAGE, STAYS, STUBBORN } from './support/containers.ts';
import { extra, Loop } from './support/loop.ts';

const EAGER = eager({ within: '10s', stable: '3s' });

/** Well, by its own health check, until `/tmp/well` is removed; a restart makes it again. */
const SICKENS = `require('node:fs').writeFileSync('/tmp/well', ''); ${STAYS}`;
const healthcheck = { test: ['CMD', 'test', '-e', '/tmp/well'], interval: '1s', timeout: '3s', retries: 1 };

const status = z.object({ cluster: z.object({ peers: z.array(z.unknown()) }) });

/** A second Alertmanager like the first, each other's peer. */
const peer = (name: string, other: string) => ({
  command: [
    '--config.file=/etc/alertmanager/alertmanager.yml',
    '--storage.path=/alertmanager',
    '--cluster.listen-address=0.0.0.0:9094',
    `--cluster.peer=${other}:9094`,
    `--web.external-url=http://${name}:9093`,
  ],
});

describe('what goes wrong around the bot', () => {
  const bound = join(tmpdir(), `bound-${process.pid}`);
  let loop: Loop;
  /** Another project, whose containers allow what ours do. */
  const foreign = `foreign-${process.pid}`;
  const foreigners: string[] = [];

  beforeAll(async () => {
    writeFileSync(bound, '');
    loop = await Loop.start({
      kind: 'failures',
      overrides: EAGER,
      services: {
        alertmanager: peer('alertmanager', 'alertmanager-2'),
        'alertmanager-2': {
          image: `prom/alertmanager:\${ALERTMANAGER_VERSION:-v0.34.0}`,
          ...peer('alertmanager-2', 'alertmanager'),
          depends_on: { tokens: { condition: 'service_completed_successfully' } },
          volumes: [
            './alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro',
            'alertmanager-secrets:/run/alert-bot/tokens:ro',
          ],
          tmpfs: ['/alertmanager:uid=65534'],
          networks: ['alerting'],
          mem_limit: '64m',
        },
        'alert-bot': {
          environment: {
            ALERT_BOT_ALERTMANAGER_URLS: 'http://alertmanager:9093,http://alertmanager-2:9093',
          },
        },
        repeated: extra(STAYS),
        second: extra(STAYS),
        clustered: extra(STAYS),
        closed: extra(STAYS, { labels: {} }),
        stubborn: extra(STUBBORN),
        spoilable: extra(STAYS, {
          volumes: [{ type: 'bind', source: bound, target: '/bound', bind: { create_host_path: false } }],
        }),
        stopped: extra(STAYS, { restart: 'unless-stopped' }),
        before: extra(STAYS),
        scaled: extra(SICKENS, { scale: 2, healthcheck }),
        removed: extra(STAYS),
        deployed: extra(STAYS),
        unasked: extra(STAYS),
      },
    });
  });
  afterAll(async () => {
    rmSync(bound, { force: true });
    if (foreigners.length > 0) await docker(['rm', '--force', ...foreigners]);
    await loop?.stop();
  });

  /** @returns the full id */
  async function startForeign(service: string): Promise<string> {
    const labels = {
      'com.docker.compose.project': foreign,
      'com.docker.compose.service': service,
      'com.docker.compose.oneoff': 'False',
      'alert-bot.enable': 'true',
    };
    const given = Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`);
    const name = `--name=${foreign}-${service}-1`;
    const id = (await docker(['run', '--detach', name, ...given, NODE_IMAGE, 'node', '-e', STAYS])).trim();
    foreigners.push(id);
    return id;
  }

  /** The attempt is called, and its proof is sought. */
  const acted = (service: string) =>
    loop.incident(service, 'proving', ({ status }) => status === 'proving', 60_000);
  /** Nothing of this ends well: no such service is ever scraped, so that in the end a person has it. */
  const handedOver = (service: string) => loop.incident(service, 'escalated', escalated, 120_000);

  test('G5, G11: what is not opted in, protected or not ours is never touched', async () => {
    const stranger = await startForeign('foreign');
    const since = Date.now();
    // An engine that does not answer in time blocks, and is asked again: that decides nothing about the target yet.
    const decided = (service: string) =>
      until(
        async () => {
          const { decisions } = await loop.down(service);
          const told = decisions.map(({ decision, reason }) => `${decision} ${reason}`).join();
          return told !== 'defer guard_unavailable' && told;
        },
        { what: `a decision about ${service}`, withinMs: 60_000 },
      );
    const ours = ['closed', 'alert-bot', 'socket-proxy', 'prometheus', 'alertmanager'];
    const before = await Promise.all(ours.map((service) => loop.look(service)));

    expect(await decided('closed')).toBe('skip not_opted_in');
    for (const service of ours.slice(1)) expect(await decided(service)).toBe('skip protected');
    expect(await decided('foreign')).toBe('escalate no_target');
    expect(await decided(`${foreign}/foreign`)).toBe('escalate no_target');
    expect(await decided(`container:${foreign}-foreign-1`)).toBe('escalate no_target');

    expect(await Promise.all(ours.map((service) => loop.look(service)))).toEqual(before);
    const ids = [stranger, ...before.map(({ id }) => id)];
    const events = await Promise.all(
      ids.map((id) =>
        docker([
          'events',
          '--since',
          `${since / 1_000}`,
          '--until',
          `${Date.now() / 1_000}`,
          '--filter',
          `container=${id}`,
          '--filter',
          'event=die',
        ]),
      ),
    );
    expect(events.join('')).toBe('');
    for (const service of [...ours, 'foreign']) await loop.down(service, 'resolved');
  });

  test('G2: [good, malformed, good], repeated every ten seconds: one restart each', async () => {
    const since = Date.now();
    const namesake = await startForeign('repeated');
    const before = await docker(['inspect', '--format', '{{.State.StartedAt}}', namesake]);
    const alerts = [
      { status: 'firing', labels: { alertname: 'ServiceDown', service: 'repeated' } },
      { status: 'firing', labels: { alertname: 5 } },
      { status: 'firing', labels: { alertname: 'ServiceDown', service: 'second' } },
    ];
    for (let times = 0; times < 4; times++) {
      const { accepted, rejected } = await loop.send({ alerts });
      expect(accepted).toBe(2);
      expect(rejected).toMatchObject([{ field: 'alerts.1.labels.alertname' }]);
      await loop.staysAsItIs('closed', await loop.look('closed'), 10);
    }
    for (const service of ['repeated', 'second']) {
      expect((await handedOver(service)).attempts).toHaveLength(1);
      expect(await loop.events(service, since)).toEqual(['die', 'start']);
    }
    expect(await docker(['inspect', '--format', '{{.State.StartedAt}}', namesake])).toBe(before);
  });

  test('G2: two Alertmanagers in a cluster: one restart', async () => {
    const since = Date.now();
    const alert = ['alertname=ServiceDown', 'service=clustered', 'remediation=auto'];
    const url = '--alertmanager.url=http://127.0.0.1:9093';
    for (const member of ['alertmanager', 'alertmanager-2'])
      await loop.project.exec(member, 'amtool', 'alert', 'add', ...alert, url);
    const { cluster } = await ask(`${loop.addresses.alertmanager}/api/v2/status`, status);
    expect(cluster.peers).toHaveLength(2);
    const incident = await handedOver('clustered');
    expect(incident).toMatchObject({ reason: 'unproven', attempts: [{ outcome: 'unproven' }] });
    expect(await loop.events('clustered', since)).toEqual(['die', 'start']);
  });

  test('G3: kill -9 of the bot two seconds into a restart: one die and one start', async () => {
    const since = Date.now();
    const before = await loop.look('stubborn');
    await loop.down('stubborn');
    const asked = async () => (await docker(['logs', loop.container('stubborn')])).includes('not now');
    await until(asked, { what: 'the container to be asked to stop' });
    await loop.staysAsItIs('stubborn', before, 2);
    await docker(['kill', '--signal', 'KILL', loop.container('alert-bot')]);
    await docker(['start', loop.container('alert-bot')]);

    const incident = await handedOver('stubborn');
    expect(incident.attempts).toMatchObject([{ outcome: 'unproven' }]);
    const after = await loop.look('stubborn');
    expect(after.startedAt).not.toBe(before.startedAt);
    await loop.staysAsItIs('stubborn', after, 10);
    expect(await loop.events('stubborn', since)).toEqual(['die', 'start']);
  });

  test('G4: a restart whose start fails: one more start, then a person, and no further call', async () => {
    const since = Date.now();
    rmSync(bound);
    await loop.down('spoilable');
    const incident = await handedOver('spoilable');
    expect(incident).toMatchObject({ reason: 'target_down', attempts: [{ outcome: 'target_down' }] });
    const calls = incident.timeline.filter(({ text }) => /^(re)?start .*spoilable/.test(text));
    expect(calls.map(({ text }) => text.split(' ')[0])).toEqual(['restart', 'start']);
    await loop.staysAsItIs('spoilable', await loop.look('spoilable'), 15);
    expect(await loop.events('spoilable', since)).toEqual(['die']);
    expect((await loop.incident('spoilable', 'still one', escalated)).timeline).toEqual(incident.timeline);
  });

  test('stopped by a person while it is being proven: it stays so, and a person is told', async () => {
    const since = Date.now();
    await loop.down('stopped');
    await acted('stopped');
    await docker(['stop', loop.container('stopped')]);
    const before = await loop.look('stopped');
    const incident = await handedOver('stopped');
    expect(incident).toMatchObject({ reason: 'target_down', attempts: [{ outcome: 'did_not_help' }] });
    expect(reasons(incident).slice(-2)).toEqual(['deploying', 'target_down']);
    await loop.staysAsItIs('stopped', before, 10);
    expect(await loop.events('stopped', since)).toEqual(['die', 'start', 'die']);
  });

  test('stopped by a person before the bot could act: it stays so', async () => {
    const since = Date.now();
    await loop.cli('pause', '--why', 'a person is at it');
    await loop.down('before');
    await docker(['stop', loop.container('before')]);
    const before = await loop.look('before');
    await loop.cli('resume');
    const incident = await handedOver('before');
    expect(incident).toMatchObject({ reason: 'target_down', attempts: [] });
    await loop.staysAsItIs('before', before, 5);
    expect(await loop.events('before', since)).toEqual(['die']);
  });

  test('one of two stopped by a person: only the other is restarted, as it is sick', async () => {
    const since = Date.now();
    await docker(['stop', loop.container('scaled', 2)]);
    const stopped = await loop.look('scaled', 2);
    await docker(['exec', loop.container('scaled'), 'rm', '/tmp/well']);
    await until(async () => (await loop.look('scaled')).health === 'unhealthy', { what: 'a sick one' });
    await loop.down('scaled');
    expect(await handedOver('scaled')).toMatchObject({ reason: 'unproven', attempts: [{}] });
    expect(await loop.events('scaled', since)).toEqual(['die', 'start']);
    expect(await loop.look('scaled', 2)).toEqual(stopped);
  });

  test('removed while it is being proven: it is gone, and nothing else is touched', async () => {
    await loop.down('removed');
    await acted('removed');
    await docker(['rm', '--force', loop.container('removed')]);
    const incident = await handedOver('removed');
    expect(incident).toMatchObject({ reason: 'target_gone', attempts: [{ outcome: 'did_not_help' }] });
  });

  test('recreated by a deploy while it is being proven: the new one is proven, not restarted', async () => {
    await loop.down('deployed');
    await acted('deployed');
    const since = Date.now();
    const old = await loop.look('deployed');
    await loop.project.compose('up', '--detach', '--no-deps', '--force-recreate', 'deployed');
    const successor = await loop.look('deployed');
    expect(successor.id).not.toBe(old.id);
    const incident = await handedOver('deployed');
    expect(incident.attempts).toHaveLength(1);
    expect(incident.reason).toBe('unproven');
    await loop.staysAsItIs('deployed', successor, 5);
    expect(await loop.events('deployed', since)).toEqual(['start']);
  });

  test('an engine that never answers: nothing is decided on a guess, and afterwards there is one restart', async () => {
    const since = Date.now();
    const before = await loop.look('unasked');
    // Frozen: the kernel goes on to accept connections for it, and nobody answers.
    await docker(['pause', loop.container('socket-proxy')]);
    try {
      const { decisions } = await loop.down('unasked');
      expect(decisions).toMatchObject([{ decision: 'defer', reason: 'guard_unavailable' }]);
      await loop.staysAsItIs('unasked', before, 10);
    } finally {
      await docker(['unpause', loop.container('socket-proxy')]);
    }
    expect((await handedOver('unasked')).attempts).toHaveLength(1);
    expect(await loop.events('unasked', since)).toEqual(['die', 'start']);
  });

  test('down -v leaves nothing', async () => {
    await loop.stop();
    expect(await loop.project.leftovers()).toEqual({ containers: [], volumes: [], networks: [], images: [] });
  });
});
