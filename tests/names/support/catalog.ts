/** Metric names and the labels that each has, from one or many sources. */
export type Catalog = ReadonlyMap<string, ReadonlySet<string>>;

/** Labels and their values of one metric, as read from a scrape. */
export type Series = Map<string, Map<string, Set<string>>>;

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? [^ ]+/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads Prometheus' text format or OpenMetrics: every sample's name as it is stored (`…_bucket`, `…_total`), its
 * labels and their values.
 */
export function parseExposition(text: string): Series {
  const series: Series = new Map();
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    const sample = SAMPLE.exec(line);
    if (sample === null) throw new Error(`Not a sample: ${line}`);
    const [, name = '', labels = ''] = sample;
    const known = series.get(name) ?? new Map<string, Set<string>>();
    series.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(LABEL)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
  return series;
}

/** Names and labels without the values. */
export function catalogOf(series: Series): Catalog {
  return new Map([...series].map(([name, labels]) => [name, new Set(labels.keys())]));
}

/** Everything of all: a metric that several have has the labels of all of them. */
export function union(...catalogs: Catalog[]): Catalog {
  const all = new Map<string, Set<string>>();
  for (const catalog of catalogs)
    for (const [name, labels] of catalog) all.set(name, new Set([...(all.get(name) ?? []), ...labels]));
  return all;
}

/** The same metrics with more labels: those that Prometheus adds to what it scrapes. */
export function withLabels(catalog: Catalog, added: Iterable<string>): Catalog {
  const more = [...added];
  return new Map([...catalog].map(([name, labels]) => [name, new Set([...labels, ...more])]));
}
