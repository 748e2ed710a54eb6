import { describe, expect, test } from 'vitest';
import { dependsOn, idOf, listed } from './docker.fixture.ts';
import { imageName, protection, type Watchers } from './protection.ts';
import type { Listed } from './shapes.ts';

const host: Watchers = { self: { kind: 'host', project: 'shop' }, socketPath: null, proxyHost: null };

function protectedAmong(containers: readonly Listed[], watchers: Partial<Watchers> = {}) {
  const because = protection(containers, { ...host, ...watchers });
  return containers.map(({ Id }) => because.get(Id) ?? null);
}
const mounts = (Source: string, Destination = '/x') => ({ Mounts: [{ Source, Destination }] });

describe('G11: never touched, whatever the labels', () => {
  const on = { Labels: { 'alert-bot.enable': 'true' } };

  test('the bot itself', () => {
    const self = { kind: 'container', ids: new Set([idOf('a')]), project: 'shop' } as const;
    expect(protectedAmong([listed('a', 'shop/bot', on), listed('b', 'shop/api', on)], { self })).toEqual([
      'it is the bot itself',
      null,
    ]);
  });

  test('everything, where the bot cannot tell who it is', () => {
    const [why] = protectedAmong([listed('a', 'other', on)], { self: { kind: 'unknown', why: 'no trace' } });
    expect(why).toBe('the bot cannot tell which container it is, so it acts on nothing: no trace');
  });

  test.each([
    mounts('/var/run/docker.sock'),
    mounts('/run/user/1000/docker.sock'),
    mounts('/srv/engine', '/var/run/docker.sock'),
    mounts('/var/run'),
    mounts('/run'),
    mounts('/'),
  ])('what can reach the socket: %j', (mounted) => {
    expect(protectedAmong([listed('a', 'other/anything', mounted)])[0]).toContain("the engine's socket");
  });

  test('what mounts the socket that the bot itself uses, under whatever name', () => {
    const socketPath = '/srv/engine/api.sock';
    for (const source of ['/srv/engine/api.sock', '/srv/engine', '/srv'])
      expect(protectedAmong([listed('a', 'x', mounts(source))], { socketPath })).not.toEqual([null]);
    expect(protectedAmong([listed('a', 'x', mounts('/srv/eng'))], { socketPath })).toEqual([null]);
  });

  test('the proxy, also one that reaches the engine without its socket', () => {
    const all = [listed('a', 'shop/proxy'), listed('b', 'other/proxy')];
    expect(protectedAmong(all, { proxyHost: 'proxy' })).toEqual([
      'the bot reaches the engine through it',
      null,
    ]);
  });

  test.each([
    listed('a', 'shop/prometheus'),
    listed('a', 'alertmanager'),
    listed('a', 'mon/metrics', { Image: 'quay.io:443/prometheus/prometheus:v3.14.0' }),
    listed('a', 'mon/alerts', { Image: 'prom/alertmanager@sha256:abc' }),
  ])('Prometheus and Alertmanager, by service, name or image', (container) => {
    expect(protectedAmong([container])[0]).toMatch(/^the bot depends on/);
  });

  test('what these depend on, over any number of steps, in their own project', () => {
    const all = [
      listed('a', 'shop/prometheus', dependsOn('store')),
      listed('b', 'shop/store', dependsOn('disk', 'prometheus')),
      listed('c', 'shop/disk'),
      listed('d', 'other/store'),
      listed('e', 'shop/api', dependsOn('prometheus')),
    ];
    expect(protectedAmong(all)).toEqual([
      'the bot depends on prometheus',
      'shop-prometheus depends on it: the bot depends on prometheus',
      'shop-store depends on it: shop-prometheus depends on it: the bot depends on prometheus',
      null,
      null,
    ]);
  });

  test('what lends its network to one of these', () => {
    const all = [
      listed('a', 'shop/prometheus', { HostConfig: { NetworkMode: `container:${idOf('b')}` } }),
      listed('b', 'shop/vpn'),
    ];
    expect(protectedAmong(all)[1]).toContain('shop-prometheus depends on it');
  });
});

test('ordinary mounts and images protect nothing', () => {
  const all = [
    listed('a', 'shop/api', mounts('/var/lib/docker/volumes/data/_data')),
    listed('b', 'shop/db', mounts('/var')),
    listed('c', 'shop/exporter', { Image: 'acme/prometheus-exporter:1' }),
  ];
  expect(protectedAmong(all)).toEqual([null, null, null]);
});

test.each([
  ['prom/prometheus:v3', 'prometheus'],
  ['localhost:5000/prometheus', 'prometheus'],
  ['prometheus', 'prometheus'],
  ['sha256:abc', 'sha256'],
])('the name of image %s', (image, name) => {
  expect(imageName(image)).toBe(name);
});
