import { z } from 'zod';
import type { NotifyConfig } from '../config/notify.ts';
import { readSecret } from '../config/secret.ts';
import { authorizationOf } from '../notify/grafana.ts';
import { startOf, whyFailed } from '../notify/post.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const WITHIN = 5_000;
/** The rights of an administrator of a thousand dashboards are some hundred kilobytes. */
const READ_AT_MOST = 4 * 1024 * 1024;

/** Scopes by action. */
const rights = z.record(z.string(), z.array(z.string()));
/** The scopes that Grafana takes for an annotation that belongs to no dashboard, as the bot's do. */
const SCOPES: readonly string[] = [
  'annotations:type:organization',
  'annotations:type:*',
  'annotations:*',
  '*',
];

const ADDRESS =
  "ALERT_BOT_GRAFANA_URL is Grafana's address as the bot reaches it, with its path where it has one";
const SECRET =
  "write a valid one into the file of ALERT_BOT_GRAFANA_TOKEN_FILE: a service account's token, or with ALERT_BOT_GRAFANA_USER that user's password";

type Grafana = NonNullable<NotifyConfig['grafana']>;

/**
 * Grafana, as the bot writes annotations to it: it answers, takes the secret, and lets it write. Asks what the secret may do,
 * which changes nothing. That proves the address, the secret and the right as Grafana itself computes it; not that Grafana can
 * store anything just now, and nothing of what stands between them and lets a GET through and no POST.
 */
export async function checkGrafana(grafana: Grafana): Promise<Finding> {
  const what = `Grafana ${grafana.url}`;
  let authorization: string;
  try {
    authorization = authorizationOf(grafana.user, readSecret(grafana.secret));
  } catch (error) {
    return fail(what, messageOf(error), 'it is read for each annotation, so that no restart is needed');
  }
  // fetch would refuse it with an error that quotes it.
  if (!/^[\x20-\x7e]*$/.test(authorization))
    return fail(what, 'was not asked: the token has signs in it that no token has', SECRET);
  const ask = (path: string) => get(`${grafana.url}${path}`, authorization);
  try {
    const answer = await ask('/api/access-control/user/permissions');
    if (answer.status !== 404) return refusal(what, answer) ?? mayWrite(what, answer);
    // Before Grafana 9 nobody could ask that. To read annotations takes the same secret, and proves no right to write.
    const old = await ask('/api/annotations?limit=1');
    const isList = z.array(z.unknown()).safeParse(old.json).success;
    if (old.status === 404 || (old.status === 200 && !isList)) return elsewhere(what, old);
    return (
      refusal(what, old) ??
      warn(
        what,
        'takes the secret; whether it may write annotations cannot be asked here',
        'Grafana 9 and newer tell; the first action will show it (alert_bot_notices_total)',
      )
    );
  } catch (error) {
    return fail(what, whyFailed(error, WITHIN), ADDRESS);
  }
}

interface Answer {
  status: number;
  /** undefined where it is no JSON. */
  json: unknown;
}

async function get(url: string, authorization: string): Promise<Answer> {
  const response = await fetch(url, {
    headers: { authorization, accept: 'application/json' },
    // A secret must not follow a redirection to somebody else.
    redirect: 'manual',
    signal: AbortSignal.timeout(WITHIN),
  });
  return { status: response.status, json: parsed(await startOf(response, READ_AT_MOST)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What any answer says that is none to the question. */
function refusal(what: string, { status, json }: Answer): Finding | null {
  if (status === 401 || status === 403) return fail(what, `answers ${status}: it refuses the secret`, SECRET);
  if (status >= 300 && status < 400)
    return fail(what, `answers ${status}, which leads elsewhere and is not followed`, ADDRESS);
  if (status !== 200)
    return fail(what, `answers ${status}`, 'look at its log, and at what stands between it and the bot');
  return json === undefined ? elsewhere(what, { status, json }) : null;
}

const elsewhere = (what: string, { status, json }: Answer): Finding =>
  fail(
    what,
    `answers ${status}, ${json === undefined ? 'with a page and no JSON' : "and not as Grafana's API does"}`,
    ADDRESS,
  );

function mayWrite(what: string, answer: Answer): Finding {
  const { success, data } = rights.safeParse(answer.json);
  if (!success) return elsewhere(what, answer);
  if (data['annotations:create']?.some((scope) => SCOPES.includes(scope)))
    return ok(what, 'takes the secret, which may write annotations; none was written');
  return fail(
    what,
    'takes the secret, which may not write annotations',
    'give its service account or user the role Editor, or the permission annotations:create for annotations:type:organization',
  );
}
