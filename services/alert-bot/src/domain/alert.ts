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

/** The heartbeat comes each minute; five missed ones are a broken path (G14). */
export const HEARTBEAT_LATE = 5 * 60_000;

/** The heartbeat: an alert that always fires, so that its absence means the path is broken (G14). */
export const isHeartbeat = (labels: Labels): boolean => labels['alertname'] === 'Watchdog';

/** FNV-1a in 64 bits, as two halves: a BigInt a byte would take most of the time that an alert takes. */
const FNV_OFFSET = { high: 0xcbf29ce4 | 0, low: 0x84222325 | 0 };
/** The prime is 2^40 + 0x1b3. */
const FNV_PRIME_LOW = 0x1b3;
const SEPARATOR = 0xff;

/**
 * Alertmanager's fingerprint of a label set: FNV-1a (64 bit) over the sorted names, each name and each
 * value followed by 0xFF. A label with an empty value is none (seen). Source: prometheus/common model/signature.go, labelSetToFingerprint.
 * @returns 16 hexadecimal digits
 */
export function fingerprint(labels: Labels): string {
  let { high, low } = FNV_OFFSET;
  const add = (byte: number) => {
    const old = low ^ byte;
    // In halves of 16 bits, so that each product stays an integer of 32.
    const right = (old & 0xffff) * FNV_PRIME_LOW;
    const left = (old >>> 16) * FNV_PRIME_LOW + (right >>> 16);
    low = (left << 16) | (right & 0xffff);
    // What was carried over, and the 2^40 of the prime.
    high = (Math.imul(high, FNV_PRIME_LOW) + (left >>> 16) + (old << 8)) | 0;
  };
  const addText = (text: string) => {
    if (isAscii(text)) for (let i = 0; i < text.length; i++) add(text.charCodeAt(i));
    else for (const byte of Buffer.from(text)) add(byte);
    add(SEPARATOR);
  };
  const names = Object.keys(labels).filter((name) => labels[name] !== '');
  for (const name of names.every(isAscii) ? names.sort() : names.sort(byBytes)) {
    addText(name);
    addText(labels[name] ?? '');
  }
  return hex(high) + hex(low);
}

const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, '0');

/** Go sorts strings by bytes, JavaScript by UTF-16 units; they differ above U+FFFF only. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const isAscii = (text: string): boolean => !/[^ -~]/.test(text);
