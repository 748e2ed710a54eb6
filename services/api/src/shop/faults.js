/**
 * What can be broken here, and what to watch for. The alerts are those of alert_rules.yml and deploy/prometheus/rules, and
 * whether the bot acts on them is what they say. tests/docs/shop.test.ts compares kinds and fields with the API.
 *
 * @typedef {object} Field
 * @property {string} name as POST /faults calls it
 * @property {string} label
 * @property {number} value
 * @property {number} min
 * @property {number} max
 * @property {number} [scale] what is typed is divided by it
 *
 * @typedef {object} Trouble
 * @property {string} kind as POST /faults calls it, if it is one of the faults
 * @property {string} title
 * @property {string} does
 * @property {Field[]} fields
 * @property {boolean} sticky whether it may be kept over a restart
 * @property {string} [command] how it is made from a shell, where the page cannot
 * @property {string} alert the one that fires
 * @property {boolean} acts whether the bot acts on it
 * @property {string} outcome what happens, and in how long on Docker
 */

/** @type {readonly Trouble[]} */
export const troubles = [
  {
    kind: 'burst',
    title: 'Twenty errors',
    does: 'Twenty requests fail within a second, and nothing before or after.',
    fields: [],
    sticky: false,
    alert: 'HighErrorRate',
    acts: true,
    outcome:
      'Fires within half a minute, unless many others are answered well meanwhile. The bot keeps the evidence, restarts the API and proves that it helped.',
  },
  {
    kind: 'errors',
    title: 'Errors',
    does: 'A share of all requests fails with 500, as bad state in the process would make it.',
    fields: [{ name: 'rate', label: 'Share, %', value: 50, min: 1, max: 100, scale: 100 }],
    sticky: true,
    alert: 'HighErrorRate',
    acts: true,
    outcome:
      'Fires within half a minute, once ten requests have failed. A restart heals it. Sticky, it does not: after three in vain the API is quarantined and a person is told.',
  },
  {
    kind: 'latency',
    title: 'Slowness',
    does: 'Every request waits before it is answered.',
    fields: [{ name: 'ms', label: 'Wait, ms', value: 800, min: 1, max: 60_000 }],
    sticky: true,
    alert: 'HighLatency',
    acts: true,
    outcome:
      'Fires within half a minute, once twenty requests were answered. The bot restarts the API, twice at most, as slowness often comes from elsewhere.',
  },
  {
    kind: 'crash',
    title: 'Crash',
    does: 'The process ends with exit code 70.',
    fields: [],
    sticky: false,
    alert: 'ServiceDown',
    acts: true,
    outcome:
      'Docker starts it again within a second or two, before anything fires. Without Docker it fires after some seconds, and the bot starts the API.',
  },
  {
    kind: 'leak',
    title: 'Memory leak',
    does: 'The process takes more and more memory, up to nine tenths of what it may have.',
    fields: [{ name: 'mb_per_minute', label: 'MB a minute', value: 300, min: 1, max: 6_000 }],
    sticky: false,
    alert: 'HighMemory',
    acts: true,
    outcome:
      'Fires at 80 % of the container’s limit, in about a minute at this pace. The bot restarts the API before the kernel ends it in the midst of its requests. Without a limit, as with npm start, nothing fires.',
  },
  {
    kind: 'block',
    title: 'Blocked event loop',
    does: 'The process computes and answers nobody meanwhile, as a careless loop would.',
    fields: [
      { name: 'ms', label: 'Blocked, ms', value: 200, min: 1, max: 5_000 },
      { name: 'every_ms', label: 'Of every, ms', value: 1_000, min: 2, max: 60_000 },
    ],
    sticky: false,
    alert: 'EventLoopBlocked',
    acts: false,
    outcome:
      'Fires after a minute and tells people: code that blocks is mended, not restarted. Blocked for 900 of 1000 ms, requests are slow too: HighLatency fires, and on that the bot acts.',
  },
  {
    kind: 'pool',
    title: 'Pool exhaustion',
    does: 'Connections to the database are held and not given back. The API has ten.',
    fields: [{ name: 'connections', label: 'Held', value: 9, min: 1, max: 10 }],
    sticky: false,
    alert: 'DatabasePoolExhausted',
    acts: false,
    outcome:
      'Fires after a minute and tells people. With all ten held requests fail: HighErrorRate fires, and the restart gives them back.',
  },
  {
    kind: 'slow_database',
    title: 'Slow database',
    does: 'Every statement takes longer, in the database itself.',
    fields: [{ name: 'ms', label: 'Longer by, ms', value: 300, min: 1, max: 5_000 }],
    sticky: false,
    alert: 'DatabaseSlow',
    acts: false,
    outcome:
      'Fires within half a minute and tells people. The API is slow only because the database is, so the bot leaves it alone. No restart ends this one: clear it.',
  },
  {
    kind: 'payments',
    title: 'Payments hangs',
    does: 'The gateway takes requests and never answers. It has no port outside: break it from a shell.',
    fields: [],
    sticky: false,
    command: `docker compose exec payments faults '{"kind":"hang"}'`,
    alert: 'HighUpstreamErrorRate',
    acts: true,
    outcome:
      'Fires within half a minute of purchases. The API fails too, but the bot restarts payments, and leaves the API alone.',
  },
];

/**
 * A fault in force in a few words, as /faults lists it.
 * @param {Record<string, unknown>} fault
 */
export function inShort({ kind, sticky, ...rest }) {
  const title = troubles.find((one) => one.kind === kind)?.title ?? String(kind);
  const values = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return [title, ...values, ...(sticky === true ? ['kept over restarts'] : [])].join(', ');
}
