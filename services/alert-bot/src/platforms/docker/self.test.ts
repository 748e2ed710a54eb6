import { describe, expect, test } from 'vitest';
import { idOf, listed } from './docker.fixture.ts';
import { selfAmong, type Traces } from './self.ts';

const nothing: Traces = { cgroup: '0::/\n', mountinfo: '', hostname: 'myhost' };
const mounted = (id: string, place = '/etc/hostname') =>
  `712 711 0:24 / /proc rw - proc proc rw\n` +
  `713 700 254:0 /var/lib/docker/containers/${id}/hostname ${place} rw,relatime - ext4 /dev/vda rw\n`;
const bot = listed('a', 'shop/alert-bot');
const all = [bot, listed('b', 'shop/api'), listed('c', 'other/api')];
const among = (traces: Partial<Traces>, containers = all) =>
  selfAmong(containers, { ...nothing, ...traces }, 'the engine');

describe('G11: the bot finds its own container', () => {
  test.each<[string, Partial<Traces>]>([
    ['its control group (v1)', { cgroup: `12:memory:/docker/${idOf('a')}\n` }],
    ['its control group (systemd)', { cgroup: `0::/system.slice/docker-${idOf('a')}.scope\n` }],
    ['its mounts', { mountinfo: mounted(idOf('a')) }],
    ['its host name', { hostname: 'aaaaaaaaaaaa' }],
  ])('by %s', (_, traces) => {
    expect(among(traces)).toEqual({ kind: 'container', ids: new Set([idOf('a')]), project: 'shop' });
  });

  test('outside of Compose, without a project', () => {
    expect(among({ hostname: 'dddddddddddd' }, [listed('d', 'bot')])).toMatchObject({ project: null });
  });

  test('as any of those that share a network, whose files are the same', () => {
    const sharing = listed('e', 'shop/alert-bot', { HostConfig: { NetworkMode: `container:${idOf('b')}` } });
    const self = among({ mountinfo: mounted(idOf('b')) }, [...all, sharing]);
    expect(self).toMatchObject({ ids: new Set([idOf('b'), idOf('e')]) });
    // The control group is nobody else's.
    const exact = among({ mountinfo: mounted(idOf('b')), cgroup: `0::/docker/${idOf('e')}` }, [
      ...all,
      sharing,
    ]);
    expect(exact).toMatchObject({ ids: new Set([idOf('e')]) });
    expect(among({ cgroup: `0::/docker/${idOf('b')}` }, [...all, sharing])).toMatchObject({
      ids: new Set([idOf('b')]),
    });
  });
});

describe('G11: the bot does not guess', () => {
  test.each<[string, Partial<Traces>, string]>([
    ['nothing names a container', {}, 'neither'],
    [
      'the engine does not know the one named',
      { mountinfo: mounted(idOf('f')) },
      'has no container ffffffffffff',
    ],
    ['its host name is a name', { hostname: 'api' }, 'neither'],
    ['only a log collector mounts it', { mountinfo: mounted(idOf('b'), '/logs/b/hostname') }, 'neither'],
  ])('where %s', (_, traces, why) => {
    expect(among(traces)).toEqual({ kind: 'unknown', why: expect.stringContaining(why) });
  });

  test('where it may be one of two projects', () => {
    const sharing = listed('e', 'other/bot', { HostConfig: { NetworkMode: `container:${idOf('b')}` } });
    expect(among({ mountinfo: mounted(idOf('b')) }, [...all, sharing])).toMatchObject({ kind: 'unknown' });
  });
});
