import type { Command } from 'commander';
import type { CodecServerCommandOptions } from '../actions/codec-server.js';
import { tidemarkCommand } from '../command.js';
import { portOption } from '../options.js';

export function codecServerCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<CodecServerCommandOptions>(
    {
      usage: 'codec-server',
      summary: 'shows encrypted payloads in the Web UI to those who may',
      description: `Speaks Temporal's remote codec protocol, with the keys of temporal.encryption, to who has a token of codecServer.tokens. Its address is
what the Web UI asks for as "Codec Server" endpoint. A browser signs in at /login of that address; put TLS in front of it where it leaves this machine.`,
      examples: [
        ['tidemark codec-server --port 8081', 'for the Web UI on this machine'],
        ['tidemark codec-server --host 0.0.0.0 --port 8081', 'behind a proxy that adds TLS'],
      ],
      options: (command) =>
        command
          .addOption(portOption('--port <number>', 'port to listen on'))
          .option('--host <address>', 'address to listen on', '127.0.0.1'),
      load: () => import('../actions/codec-server.js'),
    },
    finish,
  );
}
