/**
 * Every repetition has a bound, or cannot give back what it took: logs are the services' own, and one long line
 * must not hold up the bot (a megabyte took minutes).
 */
const SECRETS: readonly [RegExp, string][] = [
  // user:password@ in any URL; the last @ before the path ends the password
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:@/"']{0,200}:)[^\s/"'\\]{1,500}@/gi, '$1***@'],
  [
    /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
    '***private key***',
  ],
  // Whole headers: their values have spaces and semicolons in them.
  [
    /\b((?:set-|proxy-)?(?:cookie|authorization)(?:\\?["'])?[^\S\n]{0,20}[:=][^\S\n]{0,20}(?:\\?["'])?)[^\n"'\\]+/gi,
    '$1***',
  ],
  [/\b(bearer|basic)\s{1,20}[a-z0-9._~+/=-]{6,}/gi, '$1 ***'],
  // password=…, "token": "…", api_key: …
  [
    /((?:password|passwd|secret|token|(?:api|access|private)[_-]?key)(?:\\?["'])?\s{0,20}[:=]\s{0,20})(?:\\"(?:(?!\\")[^\n]){0,4000}\\"|"(?:[^"\\]|\\.){0,4000}"|'(?:[^'\\]|\\.){0,4000}'|["']?[^\s,;&"'}\\]+)/gi,
    '$1***',
  ],
];

/** Takes what looks like a secret out of a text before it is kept. Errs towards taking too much. */
export function redact(text: string): string {
  return SECRETS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
