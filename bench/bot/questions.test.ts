import { expect, test } from 'vitest';
import { startBot } from '../../services/alert-bot/src/testing/bot.ts';
import { questionsIn } from './questions.ts';
import { NAMES } from './sample.ts';

test('there is a sample for whatever the API can be asked, and an operation without one is named', async () => {
  await using bot = startBot('/nonexistent.sock', { idle: true });
  const openapi: unknown = await (await bot.app.request('/api/v1/openapi.json')).json();
  const paths = questionsIn(openapi, NAMES).map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  const more = { paths: { '/api/v1/weather': { get: { operationId: 'getWeather' } } } };
  expect(() => questionsIn(more, NAMES)).toThrow('getWeather has no sample');
});
