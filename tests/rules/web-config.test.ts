import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from '../support/check.ts';
import { blocksUnder } from '../support/doc-blocks.ts';
import { generations } from '../support/generations.ts';

it.each(await generations())('docs/operations.md: $name takes the file of users', async ({ promtool }) => {
  const folder = mkdtempSync(join(tmpdir(), 'web-config-'));
  const [users = ''] = blocksUnder('docs/operations.md', 'TLS and passwords in front', 'yaml');
  writeFileSync(join(folder, 'web.yml'), users);
  const { passed, said } = await check(promtool, ['check', 'web-config', 'web.yml'], folder);
  rmSync(folder, { recursive: true });
  expect(passed, said).toBe(true);
});
