import { readTokenFile } from '../config/token-file.ts';
import { tokenFile } from './client.ts';
import { type Command, readArgs } from './command.ts';
import { misuse } from './failure.ts';

export const token: Command = {
  help: `Usage: alert-bot token webhook|admin

Prints the first token of the file in ALERT_BOT_DATA_DIR/tokens. The webhook
token is for POST /webhook, the admin token for the API. To rotate one: put the
new token into the first line, tell everybody, delete the old line. The bot
reads the file again by itself.

  --token-file FILE   read this file instead

Example: alert-bot token webhook`,
  async run(args, { env, print }) {
    const { values, positionals } = readArgs('token', args, { 'token-file': { type: 'string' } }, [
      'webhook|admin',
    ]);
    const [kind] = positionals;
    if (kind !== 'webhook' && kind !== 'admin')
      throw misuse(`There is no token "${kind}": write alert-bot token webhook or alert-bot token admin.`);
    print(readTokenFile(tokenFile(env, values['token-file'], kind))[0] ?? '');
    return 0;
  },
};
