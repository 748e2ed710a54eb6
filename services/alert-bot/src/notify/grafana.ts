import { type AnnotationNotice, annotationNotice, type Send } from '../domain/notice.ts';
import { type PostLimits, post, secretOf } from './post.ts';

export interface Grafana {
  /** Without a slash at its end. */
  url: string;
  /** A service account's token, or with `user` that user's password; read for each sending. */
  secret(): string;
  user: string | null;
  /** Where people reach the bot, without a slash at its end; null where no link is to be made. */
  externalUrl: string | null;
  limits: PostLimits;
}

/** Annotations of actions through Grafana's `POST /api/annotations`: a region from the first call to how it ended. */
export const createGrafana =
  ({ url, secret, user, externalUrl, limits }: Grafana): Send =>
  async (payload) => {
    const notice = annotationNotice.parse(JSON.parse(payload));
    const authorization = authorizationOf(user, secretOf(secret));
    await post({
      name: `Grafana at ${url}`,
      url: `${url}/api/annotations`,
      headers: { authorization },
      body: annotationOf(notice, externalUrl),
      limits,
    });
  };

/** The header of a service account's token, or of a user with that password. */
export const authorizationOf = (user: string | null, secret: string): string =>
  user === null ? `Bearer ${secret}` : `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

/** What Grafana takes: times in ms, tags to filter by, text as HTML of few elements. */
export function annotationOf(notice: AnnotationNotice, externalUrl: string | null) {
  const { incident, target, service, playbook, title, outcome, detail, from, to } = notice;
  const name = `incident ${incident}`;
  const link =
    externalUrl === null ? name : `<a href="${html(`${externalUrl}/incidents/${incident}`)}">${name}</a>`;
  return {
    time: from,
    timeEnd: Math.max(from, to),
    tags: [
      'alert-bot',
      ...(service === null ? [] : [`service:${service}`]),
      ...(playbook === null ? [] : [`playbook:${playbook}`]),
      `outcome:${outcome}`,
    ],
    text: `${html(`${target}: ${title}. The action ${OUTCOMES[outcome] ?? outcome}`)}${detail === '' ? '' : html(`: ${detail}`)}. ${link}`,
  };
}

const OUTCOMES: Readonly<Record<string, string>> = {
  helped: 'helped',
  did_not_help: 'did not help',
  unproven: 'could not be proven to help',
  not_done: 'was not carried out',
  failed: 'was refused',
  target_down: 'left the target down',
  target_gone: 'found the target gone',
  lost: 'may or may not have been carried out',
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** What others wrote appears as text, also as a value of an attribute. */
const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
