// The commands in this process against the bot over HTTP, with its engine, a real supervisor and a real log;
// Alertmanager and Prometheus are away. Long because it walks every command for incidents and every reason.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { openQuestion } from '../decision/approval.ts';
import { escalate } from '../decision/conclude.ts';
import type { Decision } from '../domain/decision.ts';
import { explain, REASONS } from '../domain/reason.ts';
import { fire, get } from '../http/harness.ts';
import { facts } from '../policy/facts.fixture.ts';
import { reserveAttempt } from '../store/attempts.ts';
import { addPause } from '../store/controls.ts';
import { recordDecision } from '../store/decisions.ts';
import { addEscalation, dueEscalations, endEscalations } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import { insertEvidence } from '../store/evidence.ts';
import { changeStatus } from '../store/incidents.ts';
import { setCircuit } from '../store/targets.ts';
import { startBot } from '../testing/bot.ts';
import { again, anAttempt, anIncident } from '../testing/log.ts';
import { acknowledge } from './acknowledge.ts';
import { news } from './answers.ts';
import { approve } from './approve.ts';
import { atTerminal, cli, MAIN, start, surroundings } from './harness.ts';
import { incidents } from './incidents.ts';
import { reset } from './orders.ts';
import { reject } from './reject.ts';
import { simulate } from './simulate.ts';
import { targets } from './targets.ts';

const NAMES = ['seen', 'yes', 'no', 'wide', 'story', 'try', 'follow', 'reset', 'agree', 'refuse'];
let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
let folder: string;
beforeAll(async () => {
  const process = `{ command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }`;
  supervisor = await bootSupervisor(
    ['processes:', ...NAMES.map((name) => `  ${name}: ${process}`)].join('\n'),
  );
  folder = mkdtempSync(join(tmpdir(), 'incidents-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await supervisor[Symbol.asyncDispose]();
});

const serving = (options = {}, socket = supervisor.socket) => atTerminal(startBot(socket, options));
const asOneLine = (text: string) => text.replace(/\s+/g, ' ');
/** Nothing is decided in an idle bot: what its log says stays. */
const IDLE = { idle: true };
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('incidents', () => {
  test('an empty log says so', async () => {
    await using terminal = await serving(IDLE);
    expect(await terminal.run(incidents)).toBe('No incident yet.');
    expect(await terminal.run(incidents, '--status', 'escalated')).toBe('No such incident.');
  });

  test('lists them in 80 columns, newest first, whatever their names are', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    anIncident(db, { target: `docker:service:a-long-project/${'service'.repeat(9)}` }, now() - 7_300_000);
    anIncident(db, { target: null, title: 'one\nline \u001b[31m\u202e only' }, now() - 50_000);
    const second = anIncident(db, { target: 'supervisor:api' }, now());
    changeStatus(db, second, 'deferred', { reason: 'last_healthy_replica' }, now());
    changeStatus(db, again(db, 3), 'closed', { outcome: 'handed_over' }, now());
    expect(await terminal.run(incidents)).toBe(
      [
        'id    status            reason               target                         age',
        '3     closed            handed_over          supervisor:api                 0s',
        '2     new               -                    one\\u{a}line \\u{1b}[31m\\u{202… 50s',
        '1     new               -                    …eserviceserviceserviceservice 2h',
      ].join('\n'),
    );
    expect(widest(await terminal.run(incidents))).toBeLessThanOrEqual(80);
    expect(await terminal.run(incidents, '--status', 'closed')).not.toContain('\n2 ');
    expect(await terminal.run(incidents, '--limit', '1', '--target', 'supervisor:api')).toMatch(
      /^id.*\n3 .*$/,
    );
    expect(JSON.parse(await terminal.run(incidents, '--json'))).toMatchObject({
      incidents: [{ id: 3 }, {}, {}],
    });
    expect(JSON.parse(await terminal.run(incidents, 'show', '3', '--json'))).toMatchObject({
      id: 3,
      timeline: [{}, {}],
    });
  });

  test('show tells the whole story', async () => {
    await using terminal = await serving();
    await fire(terminal.bot, 'story', { severity: 'critical', note: 'a "b"' });
    const asked = await terminal.run(incidents, 'show', '1');
    const line = asOneLine(asked);
    for (const says of [
      'incident 1, HighErrorRate (critical) target supervisor:story playbook errors',
      'status awaiting_approval (approval_required): A person has to approve the action.',
      'alert-bot approve 1 --question 1, or alert-bot reject 1 --question 1 --why "…"',
      'alert alertname="HighErrorRate" service="story" severity="critical" note="a "b""',
      'approval block nobody was asked about this yet',
      'budget allow 0 of 3 per 30m used',
      'question 1: may the bot restart story (attempt 1 of step 1)?',
    ])
      expect(line).toContain(says);
    expect(asked).not.toContain('"alert":{"state"');
    expect(await terminal.run(incidents, 'show', '1', '--facts')).toContain('facts {"incident":{"id":"1"');
    await terminal.run(approve, '1', '--why', 'looked', '--by', 'ada');
    await expect
      .poll(async () => asOneLine(await terminal.run(incidents, 'show', '1')), { timeout: 5_000 })
      .toContain('status proving');
    const done = asOneLine(await terminal.run(incidents, 'show', '1'));
    for (const says of [
      'next proof is sought until 20',
      'attempt 1 of step 1 (approved), under way',
      /restart [0-9a-f]{12}: done/,
      /logs of .*: \d+ bytes/,
      'ada approved question 1: looked',
    ])
      expect(done).toMatch(says);
  });

  // What is next, for each status; the rest needs more than a row.
  test.each([
    ['new', [], 'it is decided about at once'],
    ['deferred', ['deferred'], 'it is decided about again every 5s; from 20'],
    ['queued', ['queued'], 'it is acted on as soon as its turn comes'],
    ['acting', ['acting'], 'evidence is kept, then the platform is called'],
    ['escalated', ['escalated'], 'a person has it; alert-bot reset supervisor:api hands it back'],
    ['closed', ['closed'], 'next nothing'],
  ] as const)('show says what is next: %s', async (_, statuses, says) => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    const one = anIncident(db);
    for (const status of statuses) changeStatus(db, one, status, {}, now());
    expect(asOneLine(await terminal.run(incidents, 'show', '1'))).toContain(says);
  });

  test.each([
    ['no_target', "mend the alert's service label, or the playbook's target"],
    ['internal_error', "the bot's log says what failed"],
    ['storm', 'what it holds goes on when it is calm, or with alert-bot release'],
  ] as const)('show says what to do about what has no target: %s', async (reason, says) => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    changeStatus(db, anIncident(db, { target: null }), 'escalated', { reason }, now());
    expect(asOneLine(await terminal.run(incidents, 'show', '1'))).toContain(`a person has it; ${says}`);
  });

  test('show of a storm has its page, which names what it holds, and no target that was not found', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    const { id } = anIncident(db, { target: null, playbook: null, title: 'Storm of 2 incidents' });
    const page = (reason: 'storm' | 'approval_required', description: string) =>
      addEscalation(db, id, reason, { labels: {}, annotations: { description } }, now());
    page('storm', 'web, db. Nothing is acted on.');
    page('approval_required', 'may it?');
    const story = asOneLine(await terminal.run(incidents, 'show', '1'));
    expect(story).toContain(
      'page web, db. Nothing is acted on. (not sent yet: Alertmanager has not taken it)',
    );
    expect(story).not.toMatch(/may it|none was found|none matches/);
    endEscalations(db, id, now());
    expect(asOneLine(await terminal.run(incidents, 'show', '1'))).toMatch(
      /page ended 20\S+Z: web, db\. Nothing is acted on\.$/,
    );
  });

  test('G9: show --evidence prints what was captured, line by line and harmless', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    const { id } = anIncident(db);
    const content = 'first\nsecond \u001b[31m\u009b31m\n';
    const circuitBefore = { open: false, until: null, times: 0 };
    const { id: attempt } = reserveAttempt(
      db,
      {
        incident: id,
        target: 'supervisor:api',
        step: 0,
        reason: 'first_attempt',
        boot: 1,
        grace: 0,
        circuitBefore,
      },
      now(),
    );
    const piece = {
      moment: 'before',
      kind: 'logs',
      subject: 'api',
      at: now(),
      took: 1,
      truncated: false,
      error: null,
    } as const;
    insertEvidence(db, id, attempt, { ...piece, content });
    insertEvidence(db, id, attempt, { ...piece, moment: 'after', content: 'all well' });
    expect(await terminal.run(incidents, 'show', '1')).toContain(
      'Evidence (--evidence prints it)\n  before attempt 1 of step 1, logs of api: 24 bytes\n  after attempt 1 of step 1, logs of api: 8 bytes',
    );
    expect(await terminal.run(incidents, 'show', '1', '--evidence')).toContain(
      'Evidence\n  before attempt 1 of step 1, logs of api: 24 bytes\n    first\n    second \\u{1b}[31m\\u{9b}31m\n  after attempt 1 of step 1, logs of api: 8 bytes\n    all well',
    );
  });

  test('show says that a wait that a person asked for may last', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    changeStatus(db, anIncident(db), 'deferred', { reason: 'paused' }, now());
    expect(asOneLine(await terminal.run(incidents, 'show', '1'))).toContain(
      'next it is decided about again every 5s; it waits as long as that holds',
    );
  });

  test.each([
    [['shwo', '1'], 'incidents does not know "shwo": write incidents, incidents show N or incidents follow'],
    [['show'], 'incidents show needs <N>'],
    [['show', 'one'], '"one" is no incident number: alert-bot incidents lists them'],
    [['show', '7'], 'there is no incident 7'],
    [['--status', 'opened'], 'status: one of open, new, deferred'],
    [['--limit', '0'], 'incidents --limit "0" is not a number from 1 to 500'],
    [['follow', 'me'], 'incidents follow does not know what to do with "me"'],
  ])('%j is told in a sentence', async (args, says) => {
    await using terminal = await serving(IDLE);
    await expect(terminal.run(incidents, ...args)).rejects.toThrow(says);
  });
});

// Every reason, in each place where a person may read why.
const ALL = Object.entries(REASONS).flatMap(([kind, reasons]) =>
  reasons.map((reason) => [kind, reason] as const),
);
describe('G10: every reason is told as its sentence', () => {
  test('by the API, by incidents show and by the table, of all of them', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    for (const [kind, reason] of ALL) {
      const { id } = anIncident(db, { target: `supervisor:${kind}-${reason}` }, now());
      const choice = { kind, reason, ...(kind === 'act' ? { step: 0 } : {}), until: null };
      const decision: Decision = JSON.parse(JSON.stringify({ ...choice, also: [], guards: [] }));
      recordDecision(db, id, decision, facts(), now());
      addEvent(db, id, now(), 'decision', `${kind} ${reason}: ${explain(reason)}`);
      db.prepare('UPDATE incidents SET reason = ? WHERE id = ?').run(reason, id);
      const story = asOneLine(await terminal.run(incidents, 'show', String(id)));
      expect(story).toContain(`status new (${reason}): ${explain(reason)}`);
      expect(story).toContain(`${kind} ${reason}: ${explain(reason)}`);
      const { json } = await get(terminal.bot, `/incidents/${id}`);
      expect(json).toMatchObject({
        reason,
        explanation: explain(reason),
        decisions: [{ reason, explanation: explain(reason) }],
      });
    }
    const table = await terminal.run(incidents, '--limit', '500');
    for (const [, reason] of ALL) expect(table).toContain(` ${reason} `);
    expect(widest(table)).toBeLessThanOrEqual(80);
    expect(ALL.length).toBeGreaterThan(40);
  });
});

describe('approve, reject and reset', () => {
  test('approve says what it allowed, and a second one who was first', async () => {
    await using terminal = await serving();
    await fire(terminal.bot, 'yes');
    expect(await terminal.run(approve, '1', '--question', '1', '--by', 'ada', '--why', 'fine')).toBe(
      'Approved question 1, by ada: restart supervisor:yes.\n' +
        'It is done unless something else speaks against it: alert-bot incidents show 1',
    );
    await expect(terminal.run(approve, '1', '--question', '1')).rejects.toThrow(
      /^The bot refused \(conflict\): ada has already approved question 1 at .*: fine$/,
    );
  });

  test('reject leaves the target alone', async () => {
    await using terminal = await serving();
    await fire(terminal.bot, 'no');
    await expect(terminal.run(reject, '1')).rejects.toThrow('reject needs --why');
    expect(await terminal.run(reject, '1', '--by', 'ada', '--why', 'it migrates')).toBe(
      'Rejected question 1, by ada: it migrates. supervisor:no is left alone.',
    );
    expect(asOneLine(await terminal.run(incidents, 'show', '1'))).toContain('status closed, handed_over');
    expect(await supervisor.events('no')).toEqual(['start']);
  });

  test('approve and reject --json print the answer of the bot', async () => {
    await using terminal = await serving();
    const json = async (...args: Parameters<typeof terminal.run>): Promise<unknown> =>
      JSON.parse(await terminal.run(...args));
    const said = ['--by', 'ada', '--why', 'fine', '--json'];
    // First the one that nothing follows: what is approved takes the only place to act.
    await fire(terminal.bot, 'refuse');
    expect(await json(reject, '1', ...said)).toMatchObject({ question: 1, target: 'supervisor:refuse' });
    await fire(terminal.bot, 'agree');
    const about = { incident: 2, question: 2, target: 'supervisor:agree', does: 'restart' };
    expect(await json(approve, '2', ...said)).toMatchObject({ ...about, by: 'ada' });
  });

  test('reset takes the number of an incident for its target', async () => {
    await using terminal = await serving(IDLE);
    const { db } = terminal.bot.deps;
    anIncident(db, { target: 'supervisor:reset' });
    anIncident(db, { target: null });
    expect(await terminal.run(reset, '1', '--by', 'ada', '--why', 'mended')).toBe(
      'Reset supervisor:reset, by ada: mended.',
    );
    expect(JSON.parse(await terminal.run(reset, '1', '--json'))).toEqual({
      target: 'supervisor:reset',
      reset: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await expect(terminal.run(reset, '2')).rejects.toThrow('Incident 2 has no target');
    await expect(terminal.run(reset, '3')).rejects.toThrow('there is no incident 3');
  });

  test.each([
    [approve, ['one'], '"one" is no incident number'],
    [approve, ['1', '--question', 'q'], '--question is "q", which is no number'],
    [reject, [], 'reject needs <N>'],
  ])('slips are told in a sentence: %#', async (command, args, says) => {
    await expect(command.run(args, surroundings())).rejects.toThrow(says);
  });
});

describe('acknowledge', () => {
  test('ends the page and not the incident, says who, and a second one who was first', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    const { id } = anIncident(db, { target: 'supervisor:seen' }, now());
    await expect(terminal.run(acknowledge, '1')).rejects.toThrow(
      'incident 1 has no page: nobody was told of it, it is new',
    );
    escalate(db, again(db, id), 'quarantined', now());
    expect(await terminal.run(acknowledge, '1', '--by', 'ada', '--why', 'I am on it')).toBe(
      'Acknowledged incident 1 (quarantined), supervisor:seen, by ada: I am on it.\n' +
        'Its page ends. When it is mended: alert-bot reset supervisor:seen',
    );
    expect(again(db, id).status).toBe('escalated');
    const [page] = dueEscalations(db, 60_000, now());
    expect(page).toMatchObject({ reason: 'quarantined', acknowledgedBy: 'ada' });
    expect(page?.endedAt ?? 0).toBeGreaterThan(0);
    const story = asOneLine(await terminal.run(incidents, 'show', '1'));
    expect(story).toContain('acknowledged by ada: Incident 1');
    expect(story).toContain('ada acknowledged the page: I am on it');
    expect(db.prepare('SELECT by, action, subject FROM audit').all()).toEqual([
      { by: 'ada', action: 'acknowledge', subject: 'incident 1, supervisor:seen' },
    ]);
    await expect(terminal.run(acknowledge, '1', '--by', 'bob')).rejects.toThrow(
      /ada has already acknowledged incident 1 at 2/,
    );
    // The next page of the same incident is sent as ever.
    endEscalations(db, id, now());
    addEscalation(db, id, 'recurring', { labels: {}, annotations: {} }, now());
    expect(await terminal.run(acknowledge, '1')).toContain('(recurring)');
  });

  test('a question is answered, not acknowledged', async () => {
    await using terminal = await serving();
    await fire(terminal.bot, 'seen');
    await expect(terminal.run(acknowledge, '1')).rejects.toThrow(
      'incident 1 asks a question: answer it with alert-bot approve 1 or alert-bot reject 1',
    );
    expect(openQuestion(terminal.bot.deps.db, 1)).not.toBeNull();
  });
});

describe('targets', () => {
  test('lists what may be acted on, with what is left to it and what holds it', async () => {
    await using terminal = await serving(IDLE);
    const { db, now } = terminal.bot.deps;
    anAttempt(db, anIncident(db, { target: 'supervisor:seen' }, now()), now());
    setCircuit(db, 'supervisor:seen', { open: true, until: null, times: 1 });
    addPause(db, { by: 'ada', why: 'deploy' }, null, now(), 'target:supervisor:no');
    const text = await terminal.run(targets);
    expect(text).toContain(
      [
        'supervisor:seen',
        '  may         be acted on, its label says mode approve',
        '  runs        seen runs',
        '  budget      2 of 3 left in 30m',
        '  quarantine  until a person ends it: alert-bot reset supervisor:seen',
        '  incident    1: alert-bot incidents show 1',
        'supervisor:yes',
      ].join('\n'),
    );
    expect(text).toContain('  paused      by ada (deploy) until somebody resumes\n');
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(JSON.parse(await terminal.run(targets, '--json'))).toMatchObject({
      targets: [
        { id: 'supervisor:seen', budgets: [{ attempts: 3, left: 2, per: 1_800_000 }] },
        ...NAMES.slice(1).map(() => ({})),
      ],
    });
  });

  test('leaves out what is not opted in, and says so', async () => {
    await using box = await bootSupervisor(
      `processes: { a: { command: ${staying()} }, b: { command: ${staying()} } }`,
    );
    await using terminal = await serving(IDLE, box.socket);
    expect(await terminal.run(targets)).toBe(
      'Nothing is opted in: label what may be restarted alert-bot.enable="true".\n' +
        '2 more are not opted in: --all shows them.',
    );
    expect(await terminal.run(targets, '--all')).toContain(
      'supervisor:a\n  may         not be acted on: alert-bot.enable="true" is not set\n',
    );
  });
});

describe('simulate', () => {
  test('prints the decision, every guard and what is next, and writes nothing', async () => {
    await using terminal = await serving(IDLE);
    const args = ['--alertname', 'HighErrorRate', '--label', 'service=try'];
    const line = asOneLine(await terminal.run(simulate, ...args));
    for (const says of [
      'alert alertname="HighErrorRate" service="try" outcome new: it would open an incident',
      'playbook errors target supervisor:try decision defer approval_required until 20',
      'A person has to approve the action.',
      'next When nothing blocks any more: restart supervisor:try, attempt 1 of 3 of step 1.',
      'guard answer because approval block nobody was asked about this yet',
      'replicas allow 1 of 1 healthy',
    ])
      expect(line).toContain(says);
    expect(await terminal.run(simulate, ...args, '--facts')).toContain('facts {"incident"');
    expect(JSON.parse(await terminal.run(simulate, ...args, '--json'))).toMatchObject({ simulations: [{}] });
    expect(await terminal.run(incidents)).toBe('No incident yet.');
  });

  test('reads a payload, and says what was wrong with one of its alerts', async () => {
    await using terminal = await serving(IDLE);
    const file = join(folder, 'payload.json');
    const alerts = [{ labels: { alertname: 'Watchdog' } }, { labels: { a: 1 } }];
    writeFileSync(file, JSON.stringify({ alerts }));
    const lines: string[] = [];
    const { env } = terminal;
    expect(
      await simulate.run(
        ['--file', file],
        surroundings(env, (line) => lines.push(line)),
      ),
    ).toBe(1);
    expect(asOneLine(lines.join('\n'))).toBe(
      'alert alertname="Watchdog" outcome heartbeat It is the heartbeat: it is counted, and nothing is decided about it. ' +
        'rejected alerts.1.labels.a: a label value is a string',
    );
  });

  test.each([
    [[], 'simulate needs the name of an alert'],
    [['--alertname', 'A', '--file', 'x'], 'from --file or from --alertname and --label, not from both'],
    [['--file', '/nowhere.json'], '/nowhere.json cannot be read'],
    [['--alertname', 'A', '--label', 'x'], '--label "x" is no label'],
  ])('%j is told in a sentence', async (args, says) => {
    await expect(simulate.run(args, surroundings())).rejects.toThrow(says);
  });
});

describe('incidents follow', () => {
  test('prints what happens, survives a restart of the bot, and ends with Ctrl-C', async () => {
    let said = '';
    await using terminal = await serving();
    const { bot, port } = terminal;
    const { child, end } = start([MAIN, 'incidents', 'follow'], {
      ALERT_BOT_DATA_DIR: bot.folder,
      ALERT_BOT_URL: `http://127.0.0.1:${port}`,
    });
    child.stdout.on('data', (text: string) => {
      said += text;
    });
    const patience = { timeout: 10_000 };
    await expect.poll(() => said, patience).toContain('Following what happens after event 0');
    await fire(bot, 'follow');
    await expect.poll(() => said, patience).toContain('may the bot restart follow');
    expect(said).toMatch(/^\d\d:\d\d:\d\d {2}1 {2}supervisor:follow {2}HighErrorRate fires$/m);

    if ('closeAllConnections' in terminal.server) terminal.server.closeAllConnections();
    terminal.server.close();
    await expect.poll(() => said, patience).toContain('Trying again until it answers.');
    const next = createAdaptorServer({ fetch: bot.app.fetch });
    next.listen(port, '127.0.0.1');
    await once(next, 'listening');
    await fire(bot, 'reset');
    await expect.poll(() => said, patience).toContain('The bot answers again.');
    await expect.poll(() => said, patience).toContain('may the bot restart reset');
    // Told once, however often it was tried.
    expect(said.split('Trying again')).toHaveLength(2);
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 0 });
    if ('closeAllConnections' in next) next.closeAllConnections();
    next.close();
  });

  test('--json: each event as the API has it, a line each; what is no event is on stderr', async () => {
    await using terminal = await serving();
    const { child, end } = start([MAIN, 'incidents', 'follow', '--json'], terminal.env);
    const heard = (stream: Readable) => {
      const so: string[] = [];
      stream.on('data', (text: string) => so.push(text));
      return () => so.join('');
    };
    const [out, err] = [heard(child.stdout), heard(child.stderr)];
    await expect.poll(err, { timeout: 10_000 }).toContain('Following what happens after event 0');
    await fire(terminal.bot, 'follow');
    await expect.poll(out, { timeout: 10_000 }).toContain('may the bot restart follow');
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 0 });
    const lines = out().trim().split('\n');
    const { events } = news.parse((await get(terminal.bot, '/events?after=0')).json);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(events.slice(0, lines.length));
  });

  test('a bot that is not there at once is an error', async () => {
    const ended = await cli(['incidents', 'follow'], {
      ALERT_BOT_DATA_DIR: folder,
      ALERT_BOT_URL: 'http://127.0.0.1:1',
    });
    expect(ended).toMatchObject({ code: 1, out: '' });
  });
});
