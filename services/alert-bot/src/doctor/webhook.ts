import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NotifyConfig } from '../config/notify.ts';
import { readSecret } from '../config/secret.ts';
import { type Finding, fail, messageOf, ok } from './finding.ts';

const WHAT = 'webhook for reports';
const ADDRESS = 'ALERT_BOT_REPORT_WEBHOOK_URL_FILE names a file with an address that the bot reaches';

type Report = NonNullable<NotifyConfig['report']>;

/**
 * The webhook that reports go to: its host has an address, takes a connection and shows a valid certificate. All that such a
 * webhook can be asked is to post a message, so whether this one still exists is not known. The address is a secret: of it
 * only the host is told, and nothing is sent.
 */
export async function checkWebhook({ url: secret }: Report, within = 5_000): Promise<Finding> {
  let url: URL | null;
  try {
    url = URL.parse(readSecret(secret));
  } catch (error) {
    return fail(WHAT, messageOf(error), 'it is read for each report, so that no restart is needed');
  }
  if (url === null || !/^https?:$/.test(url.protocol))
    return fail(WHAT, 'what is set is no http(s) address; it is not shown, as it may be a secret', ADDRESS);
  // fetch refuses such addresses, so that no report would leave.
  if (url.username !== '' || url.password !== '')
    return fail(
      WHAT,
      `the address at ${url.host} holds a user name or password, which is not supported`,
      ADDRESS,
    );
  try {
    await reach(url, within);
  } catch (error) {
    return fail(WHAT, `${url.host} ${why(error, within)}`, ADDRESS);
  }
  const secure = url.protocol === 'https:' ? ' with a valid certificate' : '';
  return ok(
    WHAT,
    `${url.host} takes connections${secure}; no message was sent, so whether it takes one is not known`,
  );
}

/** Connects, over https to the end of the handshake, and hangs up. */
function reach({ protocol, hostname, port }: URL, within: number): Promise<void> {
  // As the network names it: an IPv6 address without its brackets.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = protocol === 'https:';
  const to = { host, port: port === '' ? (isSecure ? 443 : 80) : Number(port) };
  return new Promise((resolve, reject) => {
    const late = new Silence();
    // An address is no name that a server could be asked for.
    const servername = /^[\d.]+$|:/.test(host) ? '' : host;
    const socket = isSecure ? connectTls({ ...to, servername }) : connectPlain(to);
    const timer = setTimeout(() => socket.destroy(late), within);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      resolve();
      socket.destroy();
    });
    socket.once('error', reject);
    // A handshake may end with no error at all.
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('hung up'));
    });
  });
}

class Silence extends Error {}

function why(error: unknown, within: number): string {
  if (error instanceof Silence) return `does not answer within ${within / 1_000} s`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `has no address (${code})`;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return `shows a certificate that is not valid (${code})`;
  return `cannot be connected to (${code})`;
}
