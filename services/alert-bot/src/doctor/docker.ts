import { z } from 'zod';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** No container has this id: what reaches the engine is answered 404 and does nothing. */
const NOBODY = '0'.repeat(64);

export interface Probe {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
}

/** What the bot uses; deploy/socket-proxy/allow-list.yml has the reason for each. */
export const NEEDED: readonly Probe[] = [
  { method: 'GET', path: '/_ping' },
  { method: 'GET', path: '/version' },
  { method: 'GET', path: '/containers/json' },
  { method: 'GET', path: `/containers/${NOBODY}/json` },
  { method: 'GET', path: `/containers/${NOBODY}/logs?stdout=1&tail=1` },
  { method: 'POST', path: `/containers/${NOBODY}/restart` },
  { method: 'POST', path: `/containers/${NOBODY}/start` },
];

/** What would make a bot taken over by somebody dangerous. Harmless as asked here: nothing exists by that id. */
export const DANGEROUS: readonly Probe[] = [
  { method: 'POST', path: '/containers/create' },
  { method: 'POST', path: `/containers/${NOBODY}/exec` },
  { method: 'POST', path: `/containers/${NOBODY}/update` },
  { method: 'POST', path: `/containers/${NOBODY}/kill` },
  { method: 'PUT', path: `/containers/${NOBODY}/archive?path=/` },
  { method: 'DELETE', path: `/containers/${NOBODY}` },
  { method: 'GET', path: '/images/json' },
  { method: 'GET', path: '/volumes' },
  { method: 'GET', path: '/secrets' },
];

const OLDEST_ENGINE = [20, 10] as const;
const version = z.object({ Version: z.string(), ApiVersion: z.string() });

/** Asks the socket proxy path by path: what is needed passes, what is dangerous does not, the engine is new enough. */
export async function checkProxy(url: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const probe of NEEDED) findings.push(await needed(url, probe));
  if (findings.every((finding): boolean => finding.level === 'ok')) findings.push(await engine(url));
  for (const probe of DANGEROUS) findings.push(await dangerous(url, probe));
  return findings;
}

const nameOf = ({ method, path }: Probe): string =>
  `${method} ${(path.split('?')[0] ?? path).replace(NOBODY, '<id>')}`;

/** A proxy refuses with 403 or 405; anything else came from the engine behind it. */
async function ask(url: string, { method, path }: Probe): Promise<{ refused: boolean; body: string }> {
  const response = await fetch(`${url}${path}`, { method, signal: AbortSignal.timeout(5_000) });
  const body = await response.text();
  if (response.status >= 502 && response.status <= 504)
    throw new Error(`the proxy answers, the engine behind it does not (${response.status})`);
  return { refused: response.status === 403 || response.status === 405, body };
}

async function needed(url: string, probe: Probe): Promise<Finding> {
  const what = `proxy ${nameOf(probe)}`;
  try {
    const { refused } = await ask(url, probe);
    if (!refused) return ok(what, 'passes');
    return fail(
      what,
      'is refused',
      "add it to the proxy's allow-list: deploy/socket-proxy/allow-list.env has the lines",
    );
  } catch (error) {
    return fail(
      what,
      reason(error),
      `ALERT_BOT_DOCKER_URL is ${url}: is the socket proxy running, and does it let the bot in?`,
    );
  }
}

async function dangerous(url: string, probe: Probe): Promise<Finding> {
  const what = `proxy ${nameOf(probe)}`;
  try {
    const { refused } = await ask(url, probe);
    if (refused) return ok(what, 'is refused, as it should be');
    return fail(
      what,
      'passes, and the bot does not need it',
      'take it out of the allow-list: with it the host is only as safe as the bot',
    );
  } catch (error) {
    return warn(what, `could not be asked: ${reason(error)}`, 'ask again when the proxy answers');
  }
}

async function engine(url: string): Promise<Finding> {
  try {
    const { body } = await ask(url, { method: 'GET', path: '/version' });
    const { Version, ApiVersion } = version.parse(JSON.parse(body));
    const [major = 0, minor = 0] = Version.split('.').map(Number);
    const says = `${Version}, API ${ApiVersion}`;
    if (major > OLDEST_ENGINE[0] || (major === OLDEST_ENGINE[0] && minor >= OLDEST_ENGINE[1]))
      return ok('engine', says);
    return warn('engine', says, `it was tried with ${OLDEST_ENGINE.join('.')} and newer`);
  } catch (error) {
    return fail('engine', reason(error), 'what answers at ALERT_BOT_DOCKER_URL is no Docker Engine');
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return cause === '' ? messageOf(error) : cause;
}
