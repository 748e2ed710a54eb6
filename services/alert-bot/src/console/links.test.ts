import { expect, test } from 'vitest';
import { linksOf } from './links.ts';

const alert = (alertname: string, generatorURL: string, annotations = {}) => ({
  ...{ labels: { alertname }, generatorURL, annotations },
});

test('one alert: its expression and what its annotations name', () => {
  const one = alert('Slow', 'http://p/graph?g0.expr=up', {
    runbook_url: 'http://wiki/slow',
    logs: 'http://logs',
    summary: 'http://no',
  });
  expect(linksOf([one, one])).toEqual([
    { href: 'http://p/graph?g0.expr=up', text: 'Expression in Prometheus' },
    { href: 'http://wiki/slow', text: 'Runbook' },
    { href: 'http://logs', text: 'Logs' },
  ]);
});

test('several alerts: links that would read the same name theirs', () => {
  const wiki = { runbook: 'http://wiki' };
  expect(linksOf([alert('Slow', 'http://p/1', wiki), alert('Errors', 'http://p/2', wiki)])).toEqual([
    { href: 'http://p/1', text: 'Expression in Prometheus of Slow' },
    { href: 'http://wiki', text: 'Runbook' },
    { href: 'http://p/2', text: 'Expression in Prometheus of Errors' },
  ]);
});

test('several of one name have a number besides', () => {
  const texts = linksOf([alert('Slow', 'http://p/1'), alert('Slow', 'http://p/2')]).map(({ text }) => text);
  expect(texts).toEqual(['Expression in Prometheus of Slow (1)', 'Expression in Prometheus of Slow (2)']);
});

test('nothing but an http address is a link', () => {
  expect(linksOf([alert('Slow', 'javascript:alert(1)', { runbook: '/x', logs: 'ftp://x' })])).toEqual([]);
});
