/**
 * Our own environment for a part, without the variables that configure our services: the stack sets those, and a
 * stray one of the shell would be refused by the service or point it elsewhere.
 */
export function partEnvironment(own: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(ALERT_BOT|API|PAYMENTS|SUPERVISOR)_/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...own };
}
