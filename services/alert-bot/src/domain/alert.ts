import type { Instant } from './duration.ts';

export type Labels = Readonly<Record<string, string>>;

/** One entry of a delivery, or of Alertmanager's `/api/v2/alerts`. */
export interface Alert {
  fingerprint: string;
  status: 'firing' | 'resolved';
  labels: Labels;
  annotations: Labels;
  startsAt: Instant;
  /** Set when resolved. Alertmanager also sends a future `endsAt` for firing alerts; it is dropped. */
  endsAt: Instant | null;
  generatorURL: string;
}

/** Where an alert came from: a manual one is somebody's test and its own truth (design §4). */
export type AlertSource = 'alertmanager' | 'manual';

/** A manual alert nobody resolves is over after this long (design §4). */
export const MANUAL_ALERT_LASTS = 5 * 60_000;

/** What the bot sends carries this label and is never matched (G14). */
export const ORIGIN_LABEL = 'origin';
export const ORIGIN = 'alert-bot';

export const isOwn = (labels: Labels): boolean => labels[ORIGIN_LABEL] === ORIGIN;

/** The heartbeat: an alert that always fires, so that its absence means the path is broken (G14). */
export const isHeartbeat = (labels: Labels): boolean => labels['alertname'] === 'Watchdog';

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const SEPARATOR = 0xff;

/**
 * Alertmanager's fingerprint of a label set: FNV-1a (64 bit) over the sorted names, each name and each
 * value followed by 0xFF. A label with an empty value is none (seen). Source: prometheus/common model/signature.go, labelSetToFingerprint.
 * @returns 16 hexadecimal digits
 */
export function fingerprint(labels: Labels): string {
  let hash = FNV_OFFSET;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  };
  const addText = (text: string) => {
    for (const byte of new TextEncoder().encode(text)) add(byte);
    add(SEPARATOR);
  };
  // Go sorts strings by bytes, JavaScript by UTF-16 units; they differ above U+FFFF, so bytes are compared.
  const names = Object.keys(labels)
    .filter((name) => labels[name] !== '')
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) {
    addText(name);
    addText(labels[name] ?? '');
  }
  return hash.toString(16).padStart(16, '0');
}
