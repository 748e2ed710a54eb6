import { describe, expect, it } from 'vitest';
import { divideDuration } from './durations.ts';
import { applyEdits, revertEdits } from './edits.ts';
import { findEdits } from './find-edits.ts';

const mapping = {
  addresses: { 'api:8000': '127.0.0.1:18000' },
  paths: { '/etc/rules.yml': '/tmp/my run/rules.yml' },
  factor: 5,
};

function rendered(text: string): string {
  return applyEdits(text, findEdits(text, mapping));
}

describe('a divided duration', () => {
  it.each([
    ['1m', 5, '12s'],
    ['30s', 5, '6s'],
    ['5m', 5, '1m'],
    ['1s', 5, '200ms'],
    ['1h30m', 3, '30m'],
    ['4h', 1, '4h'],
    ['90s', 1, '90s'],
    ['0s', 5, '0s'],
  ])('%s by %i is %s', (from, factor, to) => {
    expect(divideDuration(from, factor)).toBe(to);
  });

  it('that cannot be written exactly is refused', () => {
    expect(() => divideDuration('1s', 7)).toThrow('choose another factor');
  });
});

describe('a rendered file', () => {
  it('differs only in what was replaced, comments and quotes included, and can be turned back', () => {
    const text = `# asks api:8000 every 5s\nfor: 5s # 5s\nurl: "http://api:8000/x" \nn: ['api:8000', 7]\n`;
    const edits = findEdits(text, mapping);
    const result = applyEdits(text, edits);

    expect(result).toBe(
      `# asks api:8000 every 5s\nfor: 1s # 5s\nurl: "http://127.0.0.1:18000/x" \nn: ['127.0.0.1:18000', 7]\n`,
    );
    expect(revertEdits(result, edits)).toBe(text);
  });

  it('has other ranges, subqueries and offsets in its expressions, and the same everything else', () => {
    const text = `expr: |\n  rate(x_5m{a="5m",b=~"[0-9]s"}[5m:10s] offset 1m) > 5 and m5m[1m]\n`;
    expect(rendered(text)).toBe(
      `expr: |\n  rate(x_5m{a="5m",b=~"[0-9]s"}[1m:2s] offset 12s) > 5 and m5m[12s]\n`,
    );
  });

  it('leaves alone what is only said or compared', () => {
    const text = `annotations: { a: 5m }\nlabels: { b: api:8000 }\nmatchers: ['x="/etc/rules.yml"']\n`;
    expect(rendered(text)).toBe(text);
  });

  it('quotes a path that YAML would read as something else', () => {
    expect(rendered('f: /etc/rules.yml\n')).toBe('f: "/tmp/my run/rules.yml"\n');
  });

  it.each([
    ["n: ['payments:9000']", 'n[0]: nothing is known to stand for the address payments:9000'],
    ['n: { url: http://payments/x }', 'n.url: nothing is known to stand for the address http://payments/x'],
    ['f: [{ name: me, at: /run/x }]', 'f[me].at: nothing is known to stand for the path /run/x'],
  ])('is refused where something of the container run would be left: %s', (text, message) => {
    expect(() => findEdits(text, mapping)).toThrow(message);
  });
});
