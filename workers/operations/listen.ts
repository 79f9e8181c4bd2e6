import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TidemarkError } from '../../contracts/errors.js';

export interface Listening {
  url: string;
  /** Ends at once: what is under way is cut off. */
  close: () => Promise<void>;
}

/** @throws TidemarkError `ADDRESS_TAKEN` */
export async function listenOn(server: Server, host: string, port: number): Promise<Listening> {
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new TidemarkError(`Nobody can listen on ${host}:${port}.`, {
      code: 'ADDRESS_TAKEN',
      retryable: false,
      mend: 'Another program has this port, or the address is none of this machine.',
      cause,
    });
  });
  // It listens on TCP: then that is what the address is.
  const { address, family, port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** `host:port`, the host of an IPv6 address in brackets. */
export function hostAndPort(address: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/u.exec(address) ?? [];
  return { host, port: Number(port) };
}
