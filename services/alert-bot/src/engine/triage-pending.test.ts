// Deliveries that really cannot be triaged: a body that cannot be read, an alert that the log refuses, and one that
// ends the process.
import { describe, expect, test, vi } from 'vitest';
import { start } from '../cli/harness.ts';
import { seekEnd } from '../executor/handed-over.ts';
import { type Db, openLog, StoreError, write } from '../store/db.ts';
import { beginTries, endTry, hasBacklog, insertDelivery, pendingDeliveries } from '../store/deliveries.ts';
import { dueEscalations, escalationsOf } from '../store/escalations.ts';
import { eventsOf } from '../store/events.ts';
import { startBot } from '../testing/bot.ts';
import {
  aDelivery,
  again,
  anAlert,
  NOON,
  openIncidents,
  temporaryFolder,
  temporaryLog,
} from '../testing/log.ts';
import { sweep } from './sweep.ts';
import { type TriageDeps, triagePending } from './triage-pending.ts';

const NOBODY = '/nonexistent/supervisor.sock';
const UNREADABLE = 'no JSON';
const payload = (...names: string[]): string =>
  JSON.stringify({ alerts: names.map((alertname) => ({ labels: { alertname } })) });

function depsOn(db: Db, boot = 1) {
  const events = { triaged: vi.fn(), failed: vi.fn(), escalated: vi.fn() };
  const file: ReturnType<TriageDeps['playbooks']> = {
    playbooks: [],
    limits: {
      concurrent: 1,
      targets: { count: 1, percent: 100, per: 1 },
      storm: { incidents: 9, per: 1, calm: 1 },
    },
    maintenance: [],
    text: '',
  };
  const platform = { targetId: (service: string) => `supervisor:${service}` };
  const clock = { now: () => NOON, monotonic: () => performance.now(), breathe: async () => {} };
  return { db, boot, ...clock, playbooks: () => file, platform, events };
}

const stateOf = (db: Db, id: string) =>
  db.prepare('SELECT state, tries, begun FROM deliveries WHERE id = ?').get(id);

/** The log refuses an episode of that name, as it would with a broken index. */
const refuse = (db: Db, alertname: string) =>
  db.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON episodes WHEN json_extract(NEW.labels, '$.alertname') = '${alertname}'
     BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );

describe('a delivery of thousands of alerts', () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `alert ${i}`);

  test('is triaged whole, some milliseconds at a time, with a turn for others between', async () => {
    using log = temporaryLog();
    let breaths = 0;
    const breathe = async () => {
      breaths++;
    };
    insertDelivery(log.db, aDelivery('large', { body: payload(...names) }));
    insertDelivery(log.db, aDelivery('after', { body: payload('last') }));
    // Once, but for a machine that has no time to spare: after a second others have their turn.
    for (let turn = 0; turn < 60 && pendingDeliveries(log.db, 1).length > 0; turn++)
      await triagePending({ ...depsOn(log.db), breathe });
    expect(openIncidents(log.db).map(({ title }) => title)).toEqual([...names, 'last']);
    expect(stateOf(log.db, 'large')).toMatchObject({ state: 'triaged' });
    expect(breaths).toBeGreaterThan(3);
  });

  test('G1: what was taken before the process ended is not taken again, and progress is no try in vain', async () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('large', { body: payload(...names) }));
    for (let boot = 1; boot <= 5; boot++) {
      let breaths = 0;
      const dies = async () => {
        if (++breaths > 2) throw new StoreError('the process ends here');
      };
      await expect(triagePending({ ...depsOn(log.db, boot), breathe: dies })).rejects.toThrow('ends here');
      expect(stateOf(log.db, 'large')).toMatchObject({ state: 'pending' });
    }
    // After a crash one at a time, and for a second at most before others have their turn.
    const left = () => pendingDeliveries(log.db, 1).length;
    for (let turn = 0; turn < 60 && left() > 0; turn++) await triagePending(depsOn(log.db, 6));
    expect(hasBacklog(log.db, 6)).toBe(false);
    expect(stateOf(log.db, 'large')).toMatchObject({ state: 'triaged', tries: 1 });
    expect(openIncidents(log.db).map(({ title }) => title)).toEqual(names);
  });
});

describe('what is new', () => {
  const names = Array.from({ length: 40 }, (_, i) => `alert ${i}`);

  /** Time goes by with each look at the clock, so that a transaction takes one alert or two. */
  function slowly({ db }: { db: Db }): TriageDeps {
    let at = 0;
    const monotonic = () => {
      at += 2;
      return at;
    };
    return { ...depsOn(db), monotonic };
  }

  test('is decided about before all that waits behind it is triaged', async () => {
    using log = temporaryLog();
    for (const name of names) insertDelivery(log.db, aDelivery(name, { body: payload(name) }));
    await triagePending(slowly(log));
    expect(openIncidents(log.db).length).toBeGreaterThan(0);
    expect(hasBacklog(log.db, 1)).toBe(true);
    while (hasBacklog(log.db, 1)) await triagePending(slowly(log));
    expect(openIncidents(log.db).map(({ title }) => title)).toEqual(names);
    expect(stateOf(log.db, 'alert 39')).toMatchObject({ state: 'triaged', tries: 1 });
  });

  test('is decided about with all of its delivery: that may be a storm', async () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('large', { body: payload(...names) }));
    await triagePending(slowly(log));
    expect(openIncidents(log.db)).toHaveLength(names.length);
  });
});

test('G1: a delivery that was left half done is one try, over however many transactions', async () => {
  using log = temporaryLog();
  const names = Array.from({ length: 300 }, (_, i) => `alert ${i}`);
  insertDelivery(log.db, aDelivery('large', { body: payload(...names) }));
  beginTries(log.db, ['large'], 1);
  const tries: number[] = [];
  const breathe = async () => {
    tries.push(pendingDeliveries(log.db, 1)[0]?.tries ?? 0);
  };
  const deps = { ...depsOn(log.db, 2), breathe };
  for (let turn = 0; turn < 60 && pendingDeliveries(log.db, 1).length > 0; turn++) await triagePending(deps);
  expect(stateOf(log.db, 'large')).toMatchObject({ state: 'triaged' });
  // The second try is counted before its first transaction, and what is kept of it takes that back.
  expect(new Set(tries.slice(2))).toEqual(new Set([1]));
});

describe('a delivery that cannot be triaged', () => {
  test('G1: is rejected after three tries and told to a person, the others go on', async () => {
    using log = temporaryLog();
    const deps = depsOn(log.db);
    insertDelivery(log.db, aDelivery('bad', { body: UNREADABLE }));
    insertDelivery(log.db, aDelivery('good', { body: payload('A') }));

    await triagePending(deps);
    expect(stateOf(log.db, 'bad')).toEqual({ state: 'pending', tries: 1, begun: null });
    expect(stateOf(log.db, 'good')).toMatchObject({ state: 'triaged' });
    await triagePending(deps);
    expect(dueEscalations(log.db, 0, NOON)).toEqual([]);
    await triagePending(deps);
    expect(stateOf(log.db, 'bad')).toMatchObject({ state: 'rejected', tries: 3 });
    expect(deps.events.failed).toHaveBeenCalledTimes(3);

    const [page, ...others] = dueEscalations(log.db, 0, NOON);
    expect(others).toEqual([]);
    expect(page).toMatchObject({ reason: 'internal_error', labels: { alertname: 'RemediationEscalated' } });
    expect(page?.annotations['summary']).toContain('delivery bad cannot be triaged');
    expect(page?.annotations['description']).not.toContain('service label');
    expect(deps.events.escalated).toHaveBeenCalledTimes(1);
    // And it is over: nothing is tried again.
    await triagePending(deps);
    expect(deps.events.failed).toHaveBeenCalledTimes(3);
  });

  test('a person is told once, what follows is told in the same incident', async () => {
    using log = temporaryLog();
    const deps = depsOn(log.db);
    for (const id of ['one', 'two']) insertDelivery(log.db, aDelivery(id, { body: UNREADABLE }));
    for (let i = 0; i < 3; i++) await triagePending(deps);
    insertDelivery(log.db, aDelivery('three', { body: UNREADABLE }));
    for (let i = 0; i < 3; i++) await triagePending(deps);
    const [incident, ...others] = openIncidents(log.db);
    expect(others).toEqual([]);
    const story = eventsOf(log.db, incident?.id ?? 0).map(({ text }) => text);
    for (const id of ['one', 'two', 'three'])
      expect(story.filter((line) => line.includes(`delivery ${id} cannot be triaged: `))).toHaveLength(1);
    expect(dueEscalations(log.db, 0, NOON)).toHaveLength(1);
    expect(deps.events.escalated).toHaveBeenCalledTimes(1);
  });

  test('G1: a bad alert among good ones is recorded as rejected, the good ones go on at once', async () => {
    using log = temporaryLog();
    const deps = depsOn(log.db);
    refuse(log.db, 'B');
    insertDelivery(log.db, aDelivery('mixed', { body: payload('A', 'B', 'C') }));
    await triagePending(deps);
    const titles = () => openIncidents(log.db).map(({ title }) => title);
    expect(titles()).toEqual(['A', 'C']);
    for (let i = 0; i < 2; i++) await triagePending(deps);
    expect(titles()).toEqual(['A', 'C', 'delivery mixed cannot be triaged']);
    expect(stateOf(log.db, 'mixed')).toMatchObject({ state: 'rejected' });
    const rows = log.db
      .prepare('SELECT idx, outcome, field, message FROM delivery_alerts ORDER BY idx')
      .all();
    expect(rows).toEqual([
      { idx: 0, outcome: 'new', field: null, message: null },
      { idx: 1, outcome: 'rejected', field: 'alerts.1', message: 'refused' },
      { idx: 2, outcome: 'new', field: null, message: null },
    ]);
  });

  test('that can be triaged later is, and nobody is told', async () => {
    using log = temporaryLog();
    const deps = depsOn(log.db);
    refuse(log.db, 'A');
    insertDelivery(log.db, aDelivery('a', { body: payload('A') }));
    for (let i = 0; i < 2; i++) await triagePending(deps);
    log.db.exec('DROP TRIGGER refuse');
    await triagePending(deps);
    expect(stateOf(log.db, 'a')).toMatchObject({ state: 'triaged' });
    expect(openIncidents(log.db).map(({ title }) => title)).toEqual(['A']);
  });

  test('a log that cannot be written is no try of it', async () => {
    using log = temporaryLog();
    const deps = depsOn(log.db);
    insertDelivery(log.db, aDelivery('a', { body: payload('A') }));
    // Its third try, and the last one that it has.
    for (let i = 0; i < 2; i++) {
      beginTries(log.db, ['a'], 1);
      endTry(log.db, 'a');
    }
    // An episode needs room that is not there; the count of the try does not.
    log.db.exec('CREATE TABLE room (x TEXT)');
    log.db.exec(
      `CREATE TRIGGER full BEFORE INSERT ON episodes BEGIN INSERT INTO room VALUES (hex(randomblob(400000))); END`,
    );
    const pages = Number(log.db.pragma('page_count', { simple: true }));
    log.db.pragma(`max_page_count = ${pages + 20}`);
    for (let i = 0; i < 5; i++) await expect(triagePending(deps)).rejects.toThrow('cannot be written');
    expect(stateOf(log.db, 'a')).toMatchObject({ state: 'pending', tries: 3, begun: 1 });
    log.db.pragma(`max_page_count = ${pages + 2_000}`);
    await triagePending(deps);
    expect(stateOf(log.db, 'a')).toMatchObject({ state: 'triaged' });
  });
});

test('one that ends the process three times is put aside unread, what stands behind it goes on', async () => {
  using folder = temporaryFolder();
  const first = openLog(folder.path);
  insertDelivery(first.db, aDelivery('before', { body: payload('A') }));
  insertDelivery(first.db, aDelivery('killer', { body: payload('Boom') }));
  insertDelivery(first.db, aDelivery('behind', { body: payload('B') }));
  first.close();
  const module = (path: string) => JSON.stringify(import.meta.resolve(path));
  const bot = () =>
    start([
      '--input-type=module',
      '-e',
      `import { openLog } from ${module('../store/db.ts')};
       import { triagePending } from ${module('./triage-pending.ts')};
       const { db, boot } = openLog(${JSON.stringify(folder.path)});
       const matches = (labels) => labels.alertname === 'Boom' && process.kill(process.pid, 'SIGKILL');
       await triagePending({
         db, boot, now: () => ${NOON}, monotonic: Date.now, async breathe() {}, platform: { targetId: String },
         playbooks: () => ({ playbooks: [{ matches }] }),
         events: { triaged() {}, failed: console.error, escalated() {} },
       });
       process.stdout.write('survived');`,
    ]).end;
  for (let i = 0; i < 3; i++) expect(await bot()).toMatchObject({ code: null, out: '', err: '' });
  expect(await bot()).toMatchObject({ out: 'survived' });

  const { db, close } = openLog(folder.path);
  expect(pendingDeliveries(db, 9)).toEqual([]);
  expect(stateOf(db, 'killer')).toMatchObject({ state: 'rejected', tries: 3 });
  const titles = openIncidents(db).map(({ title }) => title);
  close();
  expect(titles).toEqual(['A', 'delivery killer cannot be triaged', 'B']);
});

describe('the person who is told', () => {
  test('goes on being told while the engine runs, until four hours are over', async () => {
    await using bot = startBot(NOBODY);
    const { deps } = bot;
    await write(deps.db, () => insertDelivery(deps.db, aDelivery('bad', { body: UNREADABLE })));
    deps.wake();
    await vi.waitFor(() => expect(openIncidents(deps.db)).toMatchObject([{ status: 'escalated' }]), 15_000);
    const [{ id } = { id: 0 }] = openIncidents(deps.db);
    // Passes of the engine in which it could have ended.
    for (const pass of ['a', 'b', 'c']) {
      await write(deps.db, () => insertDelivery(deps.db, aDelivery(pass, { body: payload(pass) })));
      deps.wake();
      await vi.waitFor(() => expect(pendingDeliveries(deps.db, 1)).toEqual([]), 15_000);
    }
    expect(again(deps.db, id).status).toBe('escalated');
    expect(escalationsOf(deps.db, id)).toMatchObject([{ endedAt: null }]);

    await seekEnd({ ...deps, now: () => deps.now() + 4 * 3_600_000 }, id);
    expect(again(deps.db, id)).toMatchObject({ status: 'closed', outcome: 'handed_over' });
  });
});

test('an alert that Alertmanager has and the log refuses does not keep the sweep from the others', async () => {
  await using bot = startBot(NOBODY, { idle: true });
  const { db } = bot.deps;
  db.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON episodes WHEN json_extract(NEW.labels, '$.service') = 'bad'
     BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );
  const alert = (service: string) => ({
    ...anAlert({ fingerprint: service, labels: { alertname: 'HighErrorRate', service } }),
    ...{ state: 'active' as const, suppressedBy: [] },
  });
  const alerts = new Map(['bad', 'good'].map((service) => [service, alert(service)]));
  const alertmanager = {
    ...bot.deps.alertmanager,
    read: async () => ({ at: NOON, uptime: 1e9, alerts, failures: [] }),
  };
  await sweep({ ...bot.deps, alertmanager });
  expect(openIncidents(db)).toMatchObject([{ service: 'good' }]);
  expect(bot.logged()).toContain('failure in sweep');
});
