/**
 * Control signs, line separators and marks that turn the direction of writing: a terminal obeys them, whoever wrote them.
 * Joiners stay: emoji and scripts need them.
 */
const OBEYED = /(?!\n|[\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON with these signs in JSON's own escapes: what reads it gets what was there. Line feeds between values stay. */
export const escapeSigns = (json: string): string =>
  json.replace(OBEYED, (signs) =>
    signs
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
