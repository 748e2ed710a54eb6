import { reportNotice, type Send } from '../domain/notice.ts';
import { type PostLimits, post, secretOf } from './post.ts';

/**
 * Reports to a webhook that takes what Slack's do (Slack, Mattermost, Rocket.Chat).
 * @param url read for each sending, so that a new secret needs no restart; throws where it cannot be read
 */
export const createSlack =
  (url: () => string, limits: PostLimits): Send =>
  async (payload) => {
    const { text } = reportNotice.parse(JSON.parse(payload));
    await post({
      name: 'the webhook for reports',
      url: secretOf(url),
      // Links of incidents would otherwise be shown as pages within the message.
      body: { text, unfurl_links: false, unfurl_media: false },
      limits,
    });
  };
