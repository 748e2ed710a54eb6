import { expect, test } from 'vitest';
import { ConfigError } from './problem.ts';
import { readSettings } from './settings.ts';

const GOOD = {
  SUPERVISOR_SOCKET: '/run/s',
  SUPERVISOR_PROCESSES: '/etc/p.yml',
  SUPERVISOR_DATA_DIR: '/var/d',
};

test('paths are made absolute and the log level has a default', () => {
  expect(readSettings({ ...GOOD, SUPERVISOR_SOCKET: 's.sock' })).toEqual({
    socket: `${process.cwd()}/s.sock`,
    processesFile: '/etc/p.yml',
    dataDir: '/var/d',
    logLevel: 'info',
  });
});

test('every bad variable is named at once, with its value and a remedy', () => {
  const read = () => readSettings({ SUPERVISOR_SOCKET: '', SUPERVISOR_LOG_LEVEL: 'loud' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(
    [
      'environment: SUPERVISOR_SOCKET: is ""; set the path of the Unix socket to listen on',
      'environment: SUPERVISOR_PROCESSES: missing; set the path of processes.yml',
      'environment: SUPERVISOR_DATA_DIR: missing; set a folder for logs and the record; it is created if missing',
      'environment: SUPERVISOR_LOG_LEVEL: is "loud"; use one of fatal, error, warn, info, debug, trace, silent',
    ].join('\n'),
  );
});

test('a socket path the kernel would cut off is refused', () => {
  expect(() => readSettings({ ...GOOD, SUPERVISOR_SOCKET: `/${'s'.repeat(103)}` })).toThrow(
    'choose a shorter one',
  );
});

test('a misspelt variable is told, one of somebody else is not looked at', () => {
  expect(() => readSettings({ ...GOOD, SUPERVISOR_LOGLEVEL: 'debug' })).toThrow(
    'SUPERVISOR_LOGLEVEL: is "debug"; is no variable of the supervisor',
  );
  expect(readSettings({ ...GOOD, ALERT_BOT_SUPERVISOR_SOCKET: '/run/s' }).socket).toBe('/run/s');
});
