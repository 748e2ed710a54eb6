import { runService } from '@shop/service/run';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';

runService('payments', () => createApp(readConfig(process.env)));
