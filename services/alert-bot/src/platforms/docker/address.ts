import type { DockerOptions } from 'dockerode';

/** Where an engine listens. */
export interface Address {
  /** The engine's name in sentences. */
  who: string;
  options: DockerOptions;
  /** Host name of the proxy, or null for a socket. */
  host: string | null;
  socketPath: string | null;
}

/**
 * Reads `http://socket-proxy:2375`, `tcp://…` or `unix:///var/run/docker.sock`.
 * @throws Error with a sentence for a person
 */
export function parseAddress(text: string): Address {
  const who = `the engine at ${text}`;
  const socketPath = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  // Empty, not left out: dockerode fills what is left out from DOCKER_HOST and its like.
  if (socketPath !== undefined)
    return { who, host: null, socketPath, options: { host: '', socketPath, protocol: 'http', timeout: 0 } };
  const url = URL.parse(text.replace(/^tcp:/, 'http:'));
  if (url === null || url.protocol !== 'http:' || url.hostname === '' || url.pathname !== '/')
    throw new Error(
      `"${text}" is not the address of an engine: write http://socket-proxy:2375 or unix:///var/run/docker.sock`,
    );
  const options = {
    host: `http://${url.hostname}`,
    port: url.port || 2375,
    protocol: 'http',
    timeout: 0,
  } as const;
  return { who, host: url.hostname, socketPath: null, options };
}
