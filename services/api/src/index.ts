import { runService } from '@shop/service/run';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';

runService('api', () => createApp(readConfig(process.env)));
