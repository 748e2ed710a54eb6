import { describe, expect, test } from 'vitest';
import { longestRange } from './promql.ts';

const s = 1_000;
const m = 60 * s;
const h = 60 * m;

const NONE = new Map<string, readonly string[]>();

describe('how far back an expression looks', () => {
  test.each([
    ['up', 0, 'a plain selector: what is scraped ends with the scrape'],
    ['1', 0, 'a number looks at nothing'],
    ['vector(1) or vector(time())', 0, 'nor do functions without series'],
    ['rate(a[5m])', 5 * m, 'a range'],
    ['rate(a[1h30m])', 90 * m, 'a composed duration'],
    ['rate(a[90s])', 90 * s, 'seconds'],
    ['rate(a[500ms])', 500, 'milliseconds'],
    ['rate(a[1w])', 7 * 24 * h, 'weeks'],
    ['rate(a[300])', 300 * s, 'Prometheus 3: plain seconds'],
    ['rate(a[1.5])', 1_500, 'Prometheus 3: a fraction'],
    ['rate(a[0x10])', 16 * s, 'Prometheus 3: hexadecimal'],
    ['rate(a[1_000])', 1_000 * s, 'Prometheus 3: digits in groups'],
    ['rate(a[(5m)])', 5 * m, 'Prometheus 3: a length in brackets'],
    ['sum by (job) (rate(a{x="y"}[5m])) / sum(rate(a[10m]))', 10 * m, 'the longest branch'],
    ['(rate(a[1m]) > 0.2) and (rate(a[30s]) > 0.2)', 1 * m, 'long and short window'],
    ['histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))', 5 * m, 'nested functions'],
    ['topk(3, rate(a[2m])) * on (x) group_left (y) rate(b[4m])', 4 * m, 'matching clauses'],
    ['quantile_over_time(0.5, a[3m])', 3 * m, 'a range that is not the first argument'],
    ['absent(up{job="x"})', 0, 'absent'],
    ['absent_over_time(up{job="x"}[10m])', 10 * m, 'absent over time'],
    ['a offset 5m', 5 * m, 'an offset'],
    ['rate(a[5m] offset 1h)', 65 * m, 'an offset adds to its range'],
    ['rate(a[5m] offset -1h)', 5 * m, 'a negative offset takes nothing off'],
    ['rate(a[5m] offset 300)', 10 * m, 'an offset in seconds'],
    ['max_over_time(rate(a[5m])[1h:1m])', 65 * m, 'a subquery adds to what is inside'],
    ['max_over_time(a[1h:])', 60 * m, 'a subquery without step'],
    ['max_over_time(sum(rate(a[5m]))[1h:1m] offset 10m)', 75 * m, 'a subquery with an offset'],
    ['max_over_time((max_over_time(rate(a[5m])[10m:])) [1h:1m])', 75 * m, 'subqueries within each other'],
    ['rate(a[10m]) + b offset 5m', 10 * m, 'an offset belongs to the operand before it only'],
    ['b offset 5m + rate(a[10m])', 10 * m, 'the same the other way round'],
    ['a * b + max_over_time(c[1m]) - d offset 20m', 20 * m, 'at the end of a chain'],
    ['(rate(a[10m]) + b)[1h:1m]', 70 * m, 'a postfix of brackets belongs to all of it'],
    ['-rate(a[5m])', 5 * m, 'a sign'],
    ['-a offset 5m', 5 * m, 'a sign before an offset'],
    ['rate(a[5m]) > bool 3 == 1', 5 * m, 'comparison'],
    ['# why\nrate(a[5m]) # here', 5 * m, 'comments'],
    ['rate({"http.requests"}[5m])', 5 * m, 'quoted names'],
    ['sum(rate(a{b="[1h]"}[5m]))', 5 * m, 'brackets in a label value are no range'],
    ['label_replace(rate(a[5m]), "x", "$1", "y", "offset 1h")', 5 * m, 'nor are words in a string'],
  ])('%s', (expr, range) => {
    expect(longestRange(expr, NONE)).toBe(range);
  });

  test.each([
    ['', 'nothing'],
    ['rate(a[5m)', 'not closed'],
    ['rate(a[5m]) rate(b[5m])', 'two expressions'],
    ['rate(a[1m1h])', 'units in the wrong order'],
    ['hello world', 'prose'],
    ['rate(a[5m] @ 1700000000)', 'a fixed time'],
    ['a @ end()', 'a fixed time by name'],
    ['b + rate(a[5m] @ start())', 'a fixed time in one branch'],
    ['rate(a[5m + step()])', 'a length that is worked out'],
    ['a offset inf', 'no end'],
    ['ALERTS{alertname="x"}', "another alert's range"],
  ])('%s cannot be told', (expr) => {
    expect(longestRange(expr, NONE)).toBeNull();
  });
});

describe('recording rules', () => {
  const rules = new Map([
    ['errors:rate5m', ['sum(rate(errors[5m]))']],
    ['errors:ratio', ['errors:rate5m / scalar(requests:rate10m)']],
    ['requests:rate10m', ['sum(rate(requests[10m]))']],
    ['two:forms', ['rate(a[1m])', 'rate(a[7m])']],
    ['a:circle', ['b:circle + 1']],
    ['b:circle', ['a:circle']],
    ['itself', ['max_over_time(itself[5m])']],
    ['broken', ['rate(']],
  ]);

  test.each([
    ['errors:rate5m > 1', 5 * m, 'its own range'],
    ['errors:ratio > 0.2', 10 * m, 'followed further'],
    ['avg_over_time(errors:rate5m[1h])', 65 * m, 'adds to a range over it'],
    ['errors:rate5m offset 1h', 65 * m, 'adds to an offset'],
    ['rate(c[20m]) and errors:rate5m', 20 * m, 'the longest branch, recorded or not'],
    ['{__name__="errors:rate5m"}', 5 * m, 'named by a matcher'],
    ['{"errors:rate5m", x="y"}', 5 * m, 'named in quotes'],
    ["{x='y', __name__='errors:rate5m'}", 5 * m, 'in single quotes, not first'],
    ['two:forms', 7 * m, 'the longest of rules that record one name'],
    ['errors:rate5m + errors:rate5m', 5 * m, 'twice is no circle'],
    ['unknown:rate5m', 0, 'a name with a colon that no rule here records'],
  ])('%s', (expr, range) => {
    expect(longestRange(expr, rules)).toBe(range);
  });

  test.each([
    ['a:circle', 'a circle'],
    ['itself', 'a rule that uses itself'],
    ['broken', 'a rule that cannot be read'],
    ['up + a:circle', 'a circle in one branch'],
    ['{job="x"}', 'a selector without a name may take in any rule'],
    ['{__name__=~"errors:.*"}', 'so may a pattern'],
    ['{__name__="errors:\\u0072ate5m"}', 'an escaped name'],
  ])('%s cannot be told', (expr) => {
    expect(longestRange(expr, rules)).toBeNull();
  });

  test('a selector without a name is plain where nothing is recorded', () => {
    expect(longestRange('rate({job="x"}[5m])', NONE)).toBe(5 * m);
  });

  test('rules that share rules many times over are each read once', () => {
    const deep = new Map([['r0', ['rate(a[1m])']]]);
    for (let i = 1; i <= 60; i++) deep.set(`r${i}`, [`r${i - 1} + r${i - 1}`]);
    expect(longestRange('r60', deep)).toBe(1 * m);
  });
});
