import type { Labels } from '../domain/alert.ts';

export interface Link {
  href: string;
  text: string;
}

/** Annotations that teams put addresses into, by the names that the usual rules have. */
const ANNOTATIONS: Readonly<Record<string, string>> = {
  runbook_url: 'Runbook',
  runbook: 'Runbook',
  dashboard_url: 'Dashboard',
  dashboard: 'Dashboard',
  logs_url: 'Logs',
  logs: 'Logs',
  traces_url: 'Traces',
  traces: 'Traces',
};

/**
 * Where the alerts of an incident lead to: their rule in Prometheus, and what their annotations name. Each has a text of its
 * own: with the alert's name, and a number if need be, where several would read the same.
 */
export function linksOf(
  episodes: readonly { labels: Labels; annotations: Labels; generatorURL: string }[],
): Link[] {
  const found = new Map<string, { text: string; alert: string }>();
  for (const { labels, annotations, generatorURL } of episodes) {
    const alert = labels['alertname'] ?? 'an alert';
    const add = (href: string, text: string) => {
      // Two alerts may share a runbook: it is named for neither.
      if (isAddress(href) && !found.has(href)) found.set(href, { text, alert });
    };
    add(generatorURL, 'Expression in Prometheus');
    for (const [name, text] of Object.entries(ANNOTATIONS)) add(annotations[name] ?? '', text);
  }
  const links = [...found].map(([href, { text, alert }]) => ({ href, text, alert }));
  const named = distinct(links, ({ text, alert }) => `${text} of ${alert}`);
  return distinct(named, ({ text }, nth) => `${text} (${nth})`).map(({ href, text }) => ({ href, text }));
}

/** Renames what shares its text with another; `nth` counts from 1 among those. */
function distinct<T extends Link>(links: readonly T[], rename: (link: T, nth: number) => string): T[] {
  return links.map((link, i) => {
    const same = (other: Link): boolean => other.text === link.text;
    return links.filter(same).length === 1
      ? link
      : { ...link, text: rename(link, links.slice(0, i + 1).filter(same).length) };
  });
}

/** Whoever may send an alert must not choose what a click runs. */
function isAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
