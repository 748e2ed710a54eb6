import { readFileSync } from 'node:fs';

/** A secret that a variable holds, or the file that it names. */
export type Secret = { value: string } | { file: string };

/**
 * What a secret is now; that of a file is read anew each time, so that a new one needs no restart. Of a file the first line
 * that is not empty counts.
 * @throws Error with one sentence that holds nothing of the secret
 */
export function readSecret(secret: Secret): string {
  if ('value' in secret) return secret.value;
  const { file } = secret;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`the file ${file} cannot be read (${code}): make it, readable by the bot's user`);
  }
  const line = text
    .split('\n')
    .map((one) => one.trim())
    .find((one) => one !== '');
  if (line === undefined) throw new Error(`the file ${file} is empty: write the secret on its first line`);
  return line;
}
