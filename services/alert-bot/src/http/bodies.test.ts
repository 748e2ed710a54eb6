import { describe, expect, test } from 'vitest';
import { BodyError, createBodies } from './bodies.ts';

const MB = 1024 * 1024;
const LIMITS = { each: 2 * MB, together: 3 * MB, remedy: 'send less' };

/** A request whose body comes when the test sends it. */
function coming(headers: Record<string, string> = {}) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const request = new Request('http://bot/webhook', {
    method: 'POST',
    body: readable,
    headers,
    duplex: 'half',
  });
  return {
    request,
    send: (bytes: Uint8Array) => writer.write(bytes),
    end: () => writer.close(),
    breakOff: () => writer.abort(new Error('the socket is gone')),
  };
}

const mb = (count = 1) => new Uint8Array(count * MB).fill(120);
const length = async (body: string) => body.length;
const whyOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => null,
    (error: unknown) => (error instanceof BodyError ? error.why : error),
  );

describe('bodies', () => {
  test('come whole, in whatever pieces, without a byte order mark, and count no longer when done with', async () => {
    const bodies = createBodies(LIMITS);
    const text = '\uFEFF{"emoji":"🧯👩🏽‍🚒"}';
    const slow = coming();
    const reading = bodies.read(slow.request, async (body) => body);
    for (const byte of new TextEncoder().encode(text)) await slow.send(Uint8Array.of(byte));
    expect(bodies.held()).toBeGreaterThan(0);
    await slow.end();
    expect(await reading).toBe(text.slice(1));
    expect(bodies.held()).toBe(0);
  });

  test('one that is too large is refused, announced before any of it is read', async () => {
    const bodies = createBodies(LIMITS);
    const announced = coming({ 'content-length': `${2 * MB + 1}` });
    expect(await whyOf(bodies.read(announced.request, length))).toBe('too_large');
    const chunked = coming();
    const reading = whyOf(bodies.read(chunked.request, length));
    await chunked.send(mb(2));
    await chunked.send(Uint8Array.of(1)).catch(() => undefined);
    expect(await reading).toBe('too_large');
    expect(bodies.held()).toBe(0);
  });

  test('G12: what all hold together is bounded; what is only announced shuts nobody out', async () => {
    const bodies = createBodies(LIMITS);
    const idle = Array.from({ length: 50 }, () => coming({ 'content-length': `${2 * MB}` }));
    const waiting = idle.map(({ request }) => whyOf(bodies.read(request, length)));
    const [a, b, late] = [coming(), coming(), coming()];
    const readings = [a, b].map(({ request }) => bodies.read(request, length));
    await a.send(mb());
    await b.send(mb());
    await b.send(mb());
    const refused = whyOf(bodies.read(late.request, length));
    await late.send(Uint8Array.of(1)).catch(() => undefined);
    await late.end().catch(() => undefined);
    expect(await refused).toBe('overloaded');

    await Promise.all([a.end(), b.end()]);
    expect(await Promise.all(readings)).toEqual([MB, 2 * MB]);
    const again = coming();
    const taken = bodies.read(again.request, length);
    await again.send(mb());
    await again.end();
    expect(await taken).toBe(MB);

    await Promise.all(idle.map((one) => one.breakOff()));
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['broken_off']));
    expect(bodies.held()).toBe(0);
  });

  test('large ones are used one after the other, small ones beside them', async () => {
    const bodies = createBodies(LIMITS);
    const gate = Promise.withResolvers<void>();
    const using: string[] = [];
    const read = async (name: string, body: Uint8Array<ArrayBuffer>, until: Promise<void>) =>
      bodies.read(new Request('http://bot/webhook', { method: 'POST', body }), async () => {
        using.push(name);
        await until;
        using.push(`${name} done`);
      });
    const half = new Uint8Array(1.2 * MB);
    const first = read('first', half, gate.promise);
    await expect.poll(() => using.length).toBeGreaterThan(0);
    const second = read('second', half, Promise.resolve());
    await read('small', new Uint8Array(10), Promise.resolve());
    gate.resolve();
    await Promise.all([first, second]);
    expect(using).toEqual(['first', 'small', 'small done', 'first done', 'second', 'second done']);
  });
});
