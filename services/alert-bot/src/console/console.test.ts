// Long because it walks every page of a bot in this process, over a real supervisor and a real log; Alertmanager and Prometheus are away.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { html } from 'hono/html';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { closeIncident } from '../decision/conclude.ts';
import { fire, order as giveOrder, rage, tokenOf } from '../http/harness.ts';
import { insertEvidence, MOMENTS } from '../store/evidence.ts';
import { PLAYBOOKS, startBot, type TestBot } from '../testing/bot.ts';
import { anAttempt, anIncident } from '../testing/log.ts';
import { signedIn, visitor } from './visitor.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  const labels = (mode: string) => `{ alert-bot.enable: 'true', alert-bot.mode: ${mode} }`;
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: ${labels('act')}, depends_on: [payments] }
  payments: { command: ${staying()}, labels: ${labels('approve')} }
  asked: { command: ${staying()}, labels: ${labels('approve')} }
  refused: { command: ${staying()}, labels: ${labels('approve')} }
  odd: { command: ${staying()}, labels: { alert-bot.enable: 'yes' } }
  free: { command: ${staying()} }
  lone: { command: ${staying()}, labels: ${labels('act')} }
`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

const idle = () => startBot(supervisor.socket, { idle: true });
const PAGES = ['/', '/history', '/targets', '/playbooks', '/try'];
const audit = ({ deps }: TestBot) => deps.db.prepare('SELECT by, why, action, subject FROM audit').all();

describe('G12: without a session', () => {
  test.each([...PAGES, '/incidents/1', '/history?status=open', '/history/charts?service=api'])(
    '%s asks to sign in, and comes back',
    async (path) => {
      await using bot = idle();
      const { status, headers, text } = await visitor(bot).get(path);
      expect({ status, text }).toEqual({ status: 303, text: '' });
      expect(headers.get('location')).toBe(`/sign-in?next=${encodeURIComponent(path)}`);
    },
  );

  test('nothing can be exported, listened to or ordered', async () => {
    await using bot = idle();
    const nobody = visitor(bot);
    for (const path of ['/history.csv', '/console/news']) expect((await nobody.get(path)).status).toBe(401);
    for (const path of ['/orders', '/incidents/1', '/try'])
      expect(await nobody.send(path, { order: 'pause', scope: 'all' })).toMatchObject({
        status: 401,
        text: expect.stringContaining('Your session is over. Sign in and repeat it: nothing was done'),
      });
    expect(audit(bot)).toEqual([]);
  });

  test('the bearer token opens no page, and the session is none of the API', async () => {
    await using bot = idle();
    const bearer = { authorization: `Bearer ${tokenOf(bot, 'admin')}` };
    expect((await visitor(bot).get('/', bearer)).status).toBe(303);
    expect((await (await signedIn(bot)).get('/api/v1/incidents')).status).toBe(401);
  });
});

describe('signing in', () => {
  test('shows the page that was asked for', async () => {
    await using bot = idle();
    const somebody = visitor(bot);
    const { headers } = await somebody.send('/sign-in', {
      by: ' ada ',
      token: tokenOf(bot, 'admin'),
      next: '/targets?x=1',
    });
    expect(headers.get('location')).toBe('/targets?x=1');
    expect(headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    expect((await somebody.get('/targets')).text).toContain('<span>ada</span>');
    expect((await somebody.get('/sign-in')).headers.get('location')).toBe('/');
  });

  test.each([
    'https://elsewhere.example',
    '//elsewhere.example',
    '/\\elsewhere.example',
    'javascript:alert(1)',
    '',
  ])('goes nowhere else: next=%s', async (next) => {
    await using bot = idle();
    const { headers } = await visitor(bot).send('/sign-in', {
      by: 'ada',
      token: tokenOf(bot, 'admin'),
      next,
    });
    expect(headers.get('location')).toBe('/');
  });

  test.each([
    ['no name', { by: ' ' }, 400, 'Say who you are: your orders are recorded under that name.'],
    ['a wrong token', { token: 'x' }, 401, 'This is not an admin token of this bot.'],
    ['no token', { token: '' }, 401, 'This is not an admin token of this bot.'],
  ])('with %s says so', async (_, change, status, said) => {
    await using bot = idle();
    const somebody = visitor(bot);
    const fields = { by: 'ada', token: tokenOf(bot, 'admin'), next: '/', ...change };
    expect(await somebody.send('/sign-in', fields)).toMatchObject({
      status,
      text: expect.stringContaining(said),
    });
    expect(somebody.cookie()).toBeUndefined();
  });

  test('the webhook token is not enough', async () => {
    await using bot = idle();
    const { status } = await visitor(bot).send('/sign-in', { by: 'am', token: tokenOf(bot, 'webhook') });
    expect(status).toBe(401);
    expect(bot.logged()).toContain('admin request refused: sign-in with a token that is not valid here');
  });

  test('after five wrong tokens it waits, also for the right one', async () => {
    await using bot = idle();
    const somebody = visitor(bot);
    for (let i = 0; i < 5; i++)
      expect((await somebody.send('/sign-in', { by: 'x', token: 'x' })).status).toBe(401);
    const { status, headers, text } = await somebody.send('/sign-in', {
      by: 'x',
      token: tokenOf(bot, 'admin'),
    });
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(text).toMatch(/Too many wrong tokens from here. Try again in (1m|\d+s)\./);
  });

  test('out ends it in the browser, and only by a form of its own', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    expect((await ada.send('/sign-out', { csrf: 'x' })).status).toBe(403);
    expect(ada.cookie()).toBeDefined();
    expect((await ada.send('/sign-out', {})).headers.get('location')).toBe('/sign-in');
    expect(ada.cookie()).toBeUndefined();
  });
});

describe('G12: a session that is over', () => {
  const over = async (bot: TestBot) => {
    const ada = await signedIn(bot);
    writeFileSync(join(bot.folder, 'tokens', 'admin'), `${'n'.repeat(43)}\n`);
    return ada;
  };
  const SAYS = 'Your session is over. Sign in, and you are back where you were.';

  test('is told at the sign-in that a page leads to; whoever never had one is told nothing', async () => {
    await using bot = idle();
    const ada = await over(bot);
    const { headers } = await ada.get('/history?service=api');
    const asked = await ada.get(headers.get('location') ?? '');
    expect(asked.text).toContain(SAYS);
    expect(asked.text).toContain('name="next" value="/history?service=api"');
    expect((await visitor(bot).get('/sign-in')).text).not.toContain('role="alert"');
    await ada.order('/sign-in', { by: 'ada', token: tokenOf(bot, 'admin'), next: '/' });
    await ada.send('/sign-out', {});
    expect((await ada.get('/sign-in')).text).not.toContain('role="alert"');
  });

  test.each([
    ['http://bot.example/targets?x=1', '/targets?x=1'],
    ['http://bot.example//elsewhere.example', '/'],
    ['nonsense', '/'],
    ['', '/'],
  ])('an order from %s does nothing, also after the sign-in that leads back', async (referer, back) => {
    await using bot = idle();
    const ada = await over(bot);
    const pause = { order: 'pause', scope: 'all', why: 'half asleep', back: '/targets' };
    const { status, text } = await ada.send('/orders', pause, { referer });
    expect({ status, text }).toMatchObject({
      status: 401,
      text: expect.stringContaining('nothing was done'),
    });
    const next = /name="next" value="([^"]+)"/.exec(text)?.[1] ?? '';
    expect(next).toBe(back);
    const shown = await ada.order('/sign-in', { by: 'ada', token: tokenOf(bot, 'admin'), next });
    expect(shown.status).toBe(200);
    expect(shown.text).not.toContain('half asleep');
    expect(audit(bot)).toEqual([]);
  });
});

describe('every page', () => {
  test.each([...PAGES, '/sign-in', '/incidents/1', '/nothing/here'])(
    '%s loads nothing from elsewhere',
    async (path) => {
      await using bot = idle();
      anIncident(bot.deps.db);
      const { headers, text } = await (await signedIn(bot)).get(path);
      if (path === '/nothing/here') return expect(headers.get('content-type')).toContain('json');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(text).not.toMatch(/<script(?! type="module" src="\/console\/)| style=| on[a-z]+=/);
    },
  );

  test('its files are there, asked again each time and sent once', async () => {
    await using bot = idle();
    const nobody = visitor(bot);
    for (const name of [
      'console.css',
      'main.js',
      'live.js',
      'times.js',
      'charts.js',
      'search.js',
      'idiomorph.js',
      'icon.svg',
    ]) {
      const { status, headers } = await nobody.get(`/console/${name}`);
      expect({ name, status, cache: headers.get('cache-control') }).toEqual({
        name,
        status: 200,
        cache: 'no-cache',
      });
      const again = await nobody.get(`/console/${name}`, { 'if-none-match': headers.get('etag') ?? '' });
      expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: '' });
    }
    for (const path of [
      '/console/..%2fsession.ts',
      '/console/session.ts',
      '/console/%2e%2e/app.ts',
      '/console/',
    ])
      expect((await nobody.get(path)).status).toBe(404);
  });
});

describe('what is wrong in an address or a form', () => {
  test.each([
    ['/incidents/7', 404, 'there is no incident 7'],
    ['/incidents/x', 404, 'there is no incident x'],
    ['/incidents/..%2f1', 404, 'there is no incident ../1'],
    ['/history?outcome=heald', 400, 'outcome: one of healed, recovered, handed_over, dismissed'],
    ['/history?reason=nope', 400, 'reason: a reason as an incident shows it'],
    ['/history/charts?outcome=heald', 400, 'outcome: one of healed, recovered, handed_over, dismissed'],
    ['/history?from=soon', 400, 'from: &quot;soon&quot; is no time: write 2026-01-31T12:00'],
    ['/history?before=x', 400, 'before: an incident number'],
    ['/history?before=0x10', 400, 'before: an incident number'],
    ['/history?before=9999999999999999', 400, 'before: an incident number'],
    ['/history?to=-271821-04-20T00:00:00Z', 400, 'is not between 1970 and 9999: write 2026-01-31T12:00'],
    ['/history/charts?from=%2B275760-09-13T00:00:00Z&service=x', 400, 'is not between 1970 and 9999'],
    ['/history?from=2026-02-01T00:00&to=2026-01-01T00:00', 400, 'to: it ends before it begins'],
    ['/history?sevice=api', 400, 'there is no &quot;sevice&quot;; there are since, from, to, service'],
    [`/history?service=${'x'.repeat(600)}`, 400, 'service: at most 500 characters'],
  ])('%s: %i', async (path, status, said) => {
    await using bot = idle();
    const answer = await (await signedIn(bot)).get(path);
    expect(answer).toMatchObject({ status, text: expect.stringContaining(said) });
  });

  test('whatever is asked for in an address, it is answered or refused', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    const key = fc.oneof(
      fc.constantFrom('since', 'from', 'to', 'service', 'status', 'outcome', 'reason', 'before'),
      fc.string(),
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.integer().map(String),
      fc.constantFrom('7d', '1y', 'open', 'healed', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00Z'),
    );
    const query = fc.array(fc.tuple(key, value), { maxLength: 4 });
    const path = fc.constantFrom(
      '/',
      '/history',
      '/history.csv',
      '/targets',
      '/playbooks',
      '/try',
      '/incidents/1',
    );
    await fc.assert(
      fc.asyncProperty(path, query, async (page, pairs) => {
        const { status } = await ada.get(`${page}?${new URLSearchParams(pairs)}`);
        expect([200, 400, 404]).toContain(status);
      }),
      { numRuns: 200 },
    );
  });

  test('a form of another site, or with a forged or missing token, does nothing', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    const pause = { order: 'pause', scope: 'all', back: '/' };
    for (const [fields, headers] of [
      [{ ...pause, csrf: 'forged' }, {}],
      [{ ...pause, csrf: '' }, {}],
      [pause, { 'sec-fetch-site': 'cross-site' }],
      [pause, { 'sec-fetch-site': 'same-site' }],
    ] as const)
      expect(await ada.send('/orders', fields, headers)).toMatchObject({
        status: 403,
        text: expect.stringContaining('This form did not come from a page of this session'),
      });
    // That of another session neither.
    const other = await signedIn(bot, 'eve');
    const { text } = await other.get('/');
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    expect((await ada.send('/orders', { ...pause, csrf })).status).toBe(403);
    expect(audit(bot)).toEqual([]);
  });

  test('an order that there is none of is refused', async () => {
    await using bot = idle();
    anIncident(bot.deps.db);
    const ada = await signedIn(bot);
    for (const path of ['/orders', '/incidents/1'])
      expect((await ada.send(path, { order: 'explode' })).status).toBe(400);
    expect((await ada.order('/incidents/7', { order: 'acknowledge' })).status).toBe(404);
  });
});

describe('G13: orders', () => {
  test('pause and resume, of everything and of one; the API says no in its own words', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    const order = (fields: Record<string, string>) => ada.order('/orders', { back: '/targets', ...fields });
    const paused = await order({ order: 'pause', scope: 'all', why: 'a look', for: '10m' });
    expect(paused.text).toContain('Paused everything: nothing is done until 10m from now.');
    expect((await ada.get('/')).text).toContain('Ada paused the bot');
    // What was said is said once.
    expect((await ada.get('/targets')).text).not.toContain('until 10m from now');
    expect((await order({ order: 'pause', scope: 'all', for: 'soon' })).text).toContain(
      '&quot;soon&quot; is not a duration',
    );
    expect((await order({ order: 'pause', scope: 'target:supervisor:nobody' })).text).toContain(
      'There is no target supervisor:nobody',
    );
    await order({ order: 'pause', scope: 'playbook:errors', why: ' ' });
    await order({ order: 'resume', scope: 'all', why: 'done' });
    await order({ order: 'pause', scope: 'target:supervisor:api', why: 'mine' });
    expect((await ada.get('/targets')).text).toContain('ada paused it');
    expect((await order({ order: 'reset', scope: 'target:supervisor:api', why: 'mended' })).text).toContain(
      'Reset supervisor:api: the bot may act on it again.',
    );
    expect(audit(bot)).toEqual([
      { by: 'ada', why: 'a look', action: 'pause', subject: 'all for 10m' },
      // The record says that nobody said why.
      { by: 'ada', why: 'no reason given', action: 'pause', subject: 'playbook:errors' },
      { by: 'ada', why: 'done', action: 'resume', subject: 'all' },
      { by: 'ada', why: 'mine', action: 'pause', subject: 'target:supervisor:api' },
      { by: 'ada', why: 'mended', action: 'reset', subject: 'supervisor:api' },
    ]);
  });

  test('from an incident: its target is reset and paused, a note is kept', async () => {
    await using bot = idle();
    anIncident(bot.deps.db, { target: 'supervisor:api' });
    const ada = await signedIn(bot);
    await ada.get('/incidents/1');
    const order = (name: string) =>
      ada.order('/incidents/1', { order: name, scope: 'target:supervisor:api', why: 'I look' });
    expect((await order('reset')).text).toContain('Reset supervisor:api: the bot may act on it again.');
    expect((await order('pause')).text).toContain('Resume the target');
    expect((await order('resume')).text).toContain('Pause the target');
    expect((await order('note')).text).toContain('I look');
    expect(audit(bot)).toMatchObject([
      { action: 'reset' },
      { action: 'pause' },
      { action: 'resume' },
      { action: 'note', why: 'I look' },
    ]);
  });

  test('a storm is told, and released', async () => {
    await using bot = idle();
    rage(bot);
    const ada = await signedIn(bot);
    const { text } = await ada.get('/');
    for (const part of ['A storm is held: 10 incidents at once', 's0, s1, s2', 'Nothing is acted on until'])
      expect(text).toContain(part);
    const released = await ada.order('/orders', { order: 'release', why: 'the switch is back', back: '/' });
    expect(released.text).toContain('Released: one after the other, dependencies first.');
    expect(released.text).toContain('A storm is being released');
    expect(released.text).not.toContain('Release it now');
    expect(audit(bot)).toMatchObject([{ by: 'ada', action: 'release' }]);
  });

  test('approve: the bot acts once; a second answer is told who was first', async () => {
    await using bot = startBot(supervisor.socket);
    const ada = await signedIn(bot);
    await fire(bot, 'asked');
    const page = await ada.get('/incidents/1');
    expect(page.text).toContain('The bot would <strong>restart supervisor:asked</strong>');
    expect((await ada.get('/')).text).toContain('one question waits for your answer');
    const approve = { order: 'approve', question: '1', why: 'looked at it' };
    expect((await ada.order('/incidents/1', approve)).text).toContain(
      'Approved. The bot acts as soon as its turn comes.',
    );
    expect((await ada.order('/incidents/1', approve)).text).toMatch(
      /Ada has already approved question 1 at .*: looked at it\./,
    );
    await expect.poll(async () => (await ada.get('/incidents/1')).text).toContain('restart, attempt 1');
    const { text } = await ada.get('/incidents/1');
    expect(text).toContain('A person approved the action.');
    const starts = async () => (await supervisor.events('asked')).filter((event) => event === 'start').length;
    await expect.poll(starts).toBe(2);
  });

  test('reject: not without a reason; with one nothing is done, and whoever says so has it', async () => {
    await using bot = startBot(supervisor.socket);
    const ada = await signedIn(bot);
    await fire(bot, 'refused');
    await ada.get('/incidents/1');
    const reject = { order: 'reject', question: '1' };
    for (const why of ['', ' '])
      expect((await ada.order('/incidents/1', { ...reject, why })).text).toContain(
        'Why: say why you reject it: whoever looks at it next will want to know.',
      );
    expect((await ada.get('/')).text).toContain('one question waits for your answer');
    expect((await ada.order('/incidents/1', { ...reject, why: 'it migrates' })).text).toContain(
      'Rejected. You have it.',
    );
    const { text } = await ada.get('/incidents/1');
    expect(text).toContain('ada rejected question 1: it migrates');
    expect(text).toContain('A person had it.');
    const events = await supervisor.events('refused');
    expect(events.filter((event) => event === 'start')).toHaveLength(1);
    expect(audit(bot)).toMatchObject([{ by: 'ada', why: 'it migrates', action: 'reject' }]);
  });
});

describe('what stands on the pages', () => {
  test('an incident leads into Grafana, where somebody said how a browser reaches it', async () => {
    for (const grafana of ['https://grafana.example.org', null]) {
      await using bot = startBot(supervisor.socket, { idle: true, grafana });
      anIncident(bot.deps.db);
      const { text } = await (await signedIn(bot)).get('/incidents/1');
      const found = /<a href="https:\/\/grafana.example.org[^"]*" rel="noreferrer" target="_blank">Logs at/;
      expect(found.test(text)).toBe(grafana !== null);
    }
  });

  test('a page that asks for itself again may have what another had; whoever comes to it sees how it is now', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    const change = (text: string) => /data-change="([^"]*)"/.exec(text)?.[1];
    const before = await ada.get('/');
    await giveOrder(bot, '/pause', { by: 'bob', why: 'JustNow' });
    const again = await ada.get('/', { 'x-alert-bot-refresh': '1' });
    expect(again.text).not.toContain('JustNow');
    // It says of which state it is, so that it is asked for again once it is told of another.
    expect(change(again.text)).toBe(change(before.text));
    const now = await ada.get('/');
    expect(now.text).toContain('JustNow');
    expect(change(now.text)).not.toBe(change(before.text));
    expect((await ada.get('/', { 'x-alert-bot-refresh': '1' })).text).toContain('JustNow');
  });

  test('targets: all of them, opted in or why not, and what depends on what', async () => {
    await using bot = idle();
    const { text } = await (await signedIn(bot)).get('/targets');
    expect(text).toContain('The bot sees 7, and may act on 5.');
    expect(text).toContain('Not opted in: it has no label alert-bot.enable=true.');
    expect(text).toContain(
      'label alert-bot.enable=&quot;yes&quot;: write &quot;true&quot; or &quot;false&quot;',
    );
    expect(text).toContain('aria-label="What depends on what: api on payments"');
  });

  test('playbooks, as understood', async () => {
    await using bot = idle();
    const { text } = await (await signedIn(bot)).get('/playbooks');
    for (const part of [
      'alertname=&quot;HighErrorRate&quot;',
      'restart, up to 3 times, 1s to stop; then tell a person',
      '3 per 30m',
      'within 1m30s, stable for 15s',
    ])
      expect(text).toContain(part);
  });

  test('a try says what would happen, and writes nothing', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    await ada.get('/try');
    const labels = 'alertname=HighErrorRate\r\nservice="lone"\r\n\r\nseverity=critical';
    const { status, text } = await ada.send('/try', { labels });
    expect(status).toBe(200);
    expect(text).toContain('Now: restart supervisor:lone, attempt 1 of 3 of step 1.');
    expect((await ada.send('/try', { labels: 'service' })).text).toContain(
      '&quot;service&quot; is no label: write name=value',
    );
    expect((await ada.send('/try', { labels: '' })).text).toContain('role="alert"');
    expect(bot.deps.db.prepare('SELECT count(*) FROM incidents').pluck().get()).toBe(0);
  });

  test('a replay tells what is wrong with a file, by line, and where nothing is recorded', async () => {
    await using bot = idle();
    const ada = await signedIn(bot);
    // It begins with what is in force.
    expect((await ada.get('/try')).text).toContain(
      await html`required>
${PLAYBOOKS}</textarea>`,
    );
    const replay = (playbooks: string, since = '7d') => ada.send('/try/replay', { playbooks, since });
    const wrong = await replay('playbooks:\n  - name: x\n    matchrs: []\n');
    expect(wrong.status).toBe(200);
    expect(wrong.text).toContain('It was not replayed');
    expect(wrong.text).toMatch(/Line 3: .*matchrs/);
    // What somebody wrote is still there to be mended.
    expect(wrong.text).toContain('    matchrs: []');
    expect((await replay(PLAYBOOKS)).text).toMatch(/It was not replayed.*nothing/s);
    expect((await replay(PLAYBOOKS, 'soon')).text).toContain('is not a length of time');
    // Also of what no field of a browser sends, and no process takes, something is said.
    for (const [time, said] of [
      [{ from: 'a\0b' }, '&quot;a\0b&quot; is no time'],
      [{ to: '9'.repeat(200_000) }, 'is no time: choose one'],
      [{ from: '2026-01-31T12:00', to: '2026-01-31T12:00' }, 'It ends before it begins'],
      [{ from: 'x' }, 'is not a time'],
    ] as const)
      expect((await ada.send('/try/replay', { playbooks: PLAYBOOKS, ...time })).text).toMatch(
        new RegExp(`It was not replayed.*${said}.*</html>`, 's'),
      );
    // As a browser sends it: with line ends that would count as more bytes than the file has.
    const large = `${'#\n'.repeat(60_000)}${PLAYBOOKS}`;
    expect((await replay(large.replaceAll('\n', '\r\n'))).text).toMatch(/It was not replayed.*nothing/s);
    expect(readdirSync(bot.folder).filter((name) => name.includes('replay'))).toEqual([]);
  });

  test('history filters, goes on page by page, and is exported', async () => {
    await using bot = idle();
    const now = bot.deps.now();
    for (let i = 0; i < 60; i++)
      anIncident(
        bot.deps.db,
        { target: null, service: i % 2 === 0 ? 'api' : 'payments', title: i === 3 ? '=cmd|"x"' : `T${i}` },
        now,
      );
    const ada = await signedIn(bot);
    const listed = (text: string) =>
      [...text.matchAll(/href="\/incidents\/(\d+)"/g)].map(([, id]) => Number(id));
    const first = await ada.get('/history');
    expect(listed(first.text)).toEqual(Array.from({ length: 50 }, (_, i) => 60 - i));
    const next = /href="(\/history\?[^"]+)" rel="next"/.exec(first.text)?.[1] ?? '';
    const older = await ada.get(next);
    expect(listed(older.text)).toEqual(Array.from({ length: 10 }, (_, i) => 10 - i));
    // Of everything that matches, on whichever page one is.
    const [, whole = ''] = /href="(\/history\.csv[^"]*)"/.exec(older.text) ?? [];
    expect((await ada.get(whole)).text.trim().split('\r\n')).toHaveLength(61);
    expect(listed((await ada.get('/history?service=api')).text)).toHaveLength(30);
    const { headers, text } = await ada.get('/history.csv?service=payments');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = text.trim().split('\r\n');
    expect(lines).toHaveLength(31);
    // No spreadsheet takes it for a formula.
    expect(lines.find((line) => line.startsWith('4,'))).toContain(`,"'=cmd|""x""",`);
  });

  test('charts of a filter are counted apart: those of everything are the ones of the roll-ups', async () => {
    await using bot = startBot(supervisor.socket);
    await fire(bot, 'lone');
    const { db, now } = bot.deps;
    await expect.poll(() => db.prepare('SELECT count(*) FROM calls').pluck().get()).toBe(1);
    for (const [service, took] of [
      ['payments', 3_000],
      ['lone', 90_000],
    ] as const)
      closeIncident(db, anIncident(db, { target: null, service }, now() - took), 'healed', {}, now());
    const ada = await signedIn(bot);
    // The same hours, whenever it is asked.
    const end = new Date(now() + 60_000).toISOString();
    const time = `since=24h&to=${end}`;
    const drawn = async (path: string) => (await ada.get(path)).text.match(/<figure>.*?<\/figure>/gs);
    const whole = await drawn(`/history?${time}`);
    expect(whole).toHaveLength(3);
    for (const figure of whole ?? [])
      expect(figure).toContain(`>${end.slice(0, 16).replace('T', ' ')}</text>`);
    expect((await drawn('/history?since=24h'))?.join()).toContain('>now</text>');
    expect(await drawn(`/history/charts?${time}`)).toEqual(whole);
    expect(await drawn(`/history/charts?${time}&severity=critical`)).not.toEqual(whole);

    const { text } = await ada.get(`/history?${time}&service=lone`);
    expect(text).not.toContain('<figure>');
    const [, place] = /data-charts="([^"]+)"/.exec(text) ?? [];
    expect(text).toContain(`<a href="${place}">Show the charts for these filters</a>`);
    const lone = await ada.get(place?.replaceAll('&amp;', '&') ?? '');
    expect(lone.text).toMatch(/: 1 healed, 0 recovered.*: 1 calls to the platform.*half within 2m8s/s);
    expect(lone.text).toContain('<span class="chip still">service lone</span>');
    // What was counted stays as it is, however much happens.
    expect(lone.text).not.toContain('data-change');
    const payments = await drawn(`/history/charts?${time}&service=payments`);
    expect(payments?.join()).toMatch(/: 1 healed.*half within 4s/s);
    expect(payments?.join()).not.toContain(': 1 calls');
  });

  test('markup in labels, notes, reasons and log lines is text', async () => {
    await using bot = idle();
    const { db } = bot.deps;
    const MARKUP = `<img src=x onerror=alert(1)>"'&`;
    const labels = { alertname: MARKUP, service: MARKUP, [`l${'x'}`]: MARKUP, severity: MARKUP };
    bot.deps.db.exec('DELETE FROM incidents');
    const incident = anIncident(db, {
      target: MARKUP,
      service: MARKUP,
      title: MARKUP,
      severity: MARKUP,
      playbook: MARKUP,
    });
    const attempt = anAttempt(db, incident);
    for (const moment of MOMENTS)
      insertEvidence(db, incident.id, attempt.id, {
        ...{
          moment,
          kind: 'logs',
          subject: MARKUP,
          at: bot.deps.now(),
          took: 1,
          content: `${MARKUP}</pre>`,
          truncated: false,
          error: MARKUP,
        },
      });
    db.prepare(
      `INSERT INTO episodes (fingerprint, source, labels, annotations, generator_url, starts_at, opened_at, last_seen_at, incident_id)
       VALUES ('f', 'manual', ?, ?, 'javascript:alert(1)', 1, 1, 1, ?)`,
    ).run(
      JSON.stringify(labels),
      JSON.stringify({ summary: MARKUP, runbook_url: 'javascript:alert(1)' }),
      incident.id,
    );
    const ada = await signedIn(bot, MARKUP);
    await ada.order('/orders', { order: 'pause', scope: 'all', why: MARKUP, back: '/targets' });
    await ada.order(`/incidents/${incident.id}`, { order: 'note', why: MARKUP });
    for (const path of [
      ...[...PAGES, `/incidents/${incident.id}`, '/history?service=%3Cimg%20src=x%3E'],
      '/history/charts?service=%3Cimg%20src=x%3E',
    ]) {
      const { status, text } = await ada.get(path);
      expect(status).toBe(200);
      expect(text).not.toMatch(/<img src=x|href="javascript|<\/pre><\/pre>/);
    }
    expect((await ada.get(`/incidents/${incident.id}`)).text).toMatch(
      /<h3>Before attempt 1 of step 1<\/h3>.*<h3>After attempt 1 of step 1<\/h3>/s,
    );
    expect((await ada.get(`/incidents/${incident.id}`)).text).toContain(
      '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;',
    );
    expect((await ada.send('/try', { labels: `alertname=${MARKUP}` })).text).not.toContain('<img src=x');
    const replayed = await ada.send('/try/replay', { playbooks: `${MARKUP}: [`, since: MARKUP });
    expect(replayed.text).toContain('It was not replayed');
    expect(replayed.text).not.toContain('<img src=x');
  });
});
