import { describe, expect, it } from 'vitest';
import { firstGoodForGood, firstServerError, type Probe } from './request-log.ts';

describe('the request log', () => {
  const probes = (...results: string[]): Probe[] =>
    results.map((result, i) => ({
      sentAt: i * 100,
      answeredAt: i * 100 + 7,
      good: result === '200',
      result,
    }));

  it.each<[string, string[], number | undefined]>([
    ['after a 5xx and a refused connection', ['200', '500', 'ECONNREFUSED', '200', '200'], 307],
    ['not while it still fails', ['200', '500', '200', '500'], undefined],
    ['not the first good one, if another failure follows', ['500', '200', '500', '200'], 307],
    ['a time-out is a failure as well', ['500', '200', 'no answer within 1 s', '200'], 307],
    ['not where nothing failed', ['200', '200'], undefined],
  ])('finds when it was good for good: %s', (_, results, expected) => {
    expect(firstGoodForGood(probes(...results), 0, Number.POSITIVE_INFINITY)?.answeredAt).toBe(expected);
  });

  it('goes by when requests were sent, whatever the order in which they ended', () => {
    const [bad, good] = probes('500', '200');
    if (!bad || !good) throw new Error('two are needed');
    expect(firstGoodForGood([good, bad], 0, 1_000)).toBe(good);
  });

  it('counts only what was sent within the act', () => {
    const all = probes('500', '200', '200', '500');
    expect(firstGoodForGood(all, 0, 250)?.sentAt).toBe(100);
    expect(firstServerError(all, 50)?.sentAt).toBe(300);
  });

  it('does not take a refused connection for an answer of the API', () => {
    expect(firstServerError(probes('ECONNREFUSED', '404', '503'), 0)?.sentAt).toBe(200);
  });
});
