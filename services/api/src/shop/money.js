export const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'JPY'];

/**
 * How many digits the minor unit of a currency has: 2 for EUR, 0 for JPY.
 * @param {string} currency ISO 4217
 */
export function digitsOf(currency) {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/**
 * @param {number} minor in minor units
 * @param {string} currency ISO 4217
 */
export function formatMoney(minor, currency) {
  const money = new Intl.NumberFormat('en', { style: 'currency', currency });
  return money.format(minor / 10 ** digitsOf(currency));
}

/**
 * `12.50` or `12,50` in minor units, without passing through a fraction that binary cannot hold; or what to give instead.
 * @param {string} text
 * @param {string} currency ISO 4217
 * @returns {{ minor: number } | { problem: string }}
 */
export function parseMoney(text, currency) {
  const digits = digitsOf(currency);
  const example = formatMoney(1250, currency).replace(/[^\d.]/g, '');
  const [, whole, fraction = ''] = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return { problem: `Give an amount such as ${example}.` };
  if (fraction.length > digits)
    return {
      problem:
        digits === 0
          ? `${currency} has no smaller unit: give a whole number.`
          : `${currency} has ${digits} digits after the point.`,
    };
  const minor = Number(whole + fraction.padEnd(digits, '0'));
  return minor > 0 ? { minor } : { problem: 'Give more than 0.' };
}
