import { runService } from '@shop/service/run';

runService('api', async () => {
  const [{ createApp }, { readConfig }] = await Promise.all([import('./app.ts'), import('./config.ts')]);
  return createApp(readConfig(process.env));
});
