import { defineConfig } from 'vitest/config';

// Node 24 is the npm package `node`; a plain `vitest` under an older Node would crash in better-sqlite3.
if (Number(process.versions.node.split('.')[0]) < 24)
  throw new Error(`Node 24 is needed, this is ${process.versions.node}. Use: npm test`);

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{packages,services}/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
            'tests/sim/**/*.test.ts',
            'tests/telemetry/**/*.test.ts',
            'tests/fuzz/**/*.test.ts',
          ],
          exclude: ['**/*.long.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'rules',
          include: ['tests/rules/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: 'docs', include: ['tests/docs/**/*.test.ts', 'tests/mutations/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'names',
          include: ['tests/names/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'bare',
          include: ['tests/bare/**/*.test.ts'],
          exclude: ['**/*.long.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Most of the time is waiting for windows and clocks to pass.
          maxWorkers: 3,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'docker',
          include: ['tests/docker/**/*.test.ts'],
          exclude: ['**/*.long.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 300_000,
          // As with bare, but a stack is a dozen containers; each file has one, a project and ports of its own.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: ['tests/**/*.long.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
