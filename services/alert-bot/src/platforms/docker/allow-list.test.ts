import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { proxyEnvironmentFile, proxyFlags, readAllowList } from './allow-list.ts';
import { NEEDED, REQUESTS } from './api.fixture.ts';

const folder = join(import.meta.dirname, '../../../../../deploy/socket-proxy');
const rules = readAllowList(readFileSync(join(folder, 'allow-list.yml'), 'utf8'));

/** As the proxy does it: the pattern between ^ and $, and the path without its query, percent signs decoded. */
type Match = (pattern: string, path: string) => boolean;
const dialects: Record<string, Match> = {
  RE2: (pattern, path) => RE2JS.compile(`^${pattern}$`).matcher(path).find(),
  JavaScript: (pattern, path) => new RegExp(`^${pattern}$`).test(path),
};

function allowed(match: Match, method: string, path: string): boolean {
  return rules.some((rule) => rule.method === method && match(rule.path, path));
}

const decoded = (path: string): string => decodeURIComponent(path);

describe.each(Object.entries(dialects))('G12: the allow-list of the socket proxy, read as %s', (_, match) => {
  test('lets through exactly what the bot needs of the whole API', () => {
    const wrong = REQUESTS.filter(({ method, path, passes }) => allowed(match, method, path) !== passes);
    expect(wrong).toEqual([]);
  });

  test('nothing else by writing it with percent signs', () => {
    const wrong = REQUESTS.filter(
      ({ method, path, passes }) => allowed(match, method, decoded(path)) && !passes,
    );
    expect(wrong).toEqual([]);
  });

  test('every rule is needed', () => {
    for (const rule of rules)
      expect(
        NEEDED.filter(([method, path]) => rule.method === method && match(rule.path, path)),
        rule.path,
      ).toHaveLength(1);
    expect(rules).toHaveLength(NEEDED.length);
  });
});

test('the list of requests holds the whole API, with and without versions', () => {
  expect(REQUESTS.length).toBeGreaterThan(800);
  expect(REQUESTS.filter(({ passes }) => passes)).toHaveLength(NEEDED.length * 6);
});

test('no alternative stands outside of brackets: the proxy puts ^ before the first and $ after the last', () => {
  for (const { path } of rules) expect(path.replaceAll(/\[[^\]]*\]|\([^()]*\)/g, '')).not.toContain('|');
});

test('each path has its reason', () => {
  expect(() => readAllowList('- { method: GET, path: /info }')).toThrow();
  expect(() => readAllowList('- { method: PUT, path: /info, reason: why not }')).toThrow();
});

test('as flags of the proxy', () => {
  expect(proxyFlags(rules)).toContain('-allowPOST=(/v1\\.[0-9]{1,3})?/containers/[0-9a-f]{64}/restart');
});

test('the committed environment is what the list gives', async () => {
  await expect(proxyEnvironmentFile(rules)).toMatchFileSnapshot(join(folder, 'allow-list.env'));
});
