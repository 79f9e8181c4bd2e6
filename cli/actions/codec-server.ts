import { TidemarkError } from '../../contracts/errors.js';
import { loadClientConfig } from '../../workers/config/index.js';
import { EncryptionCodec, KeyRing, startCodecServer } from '../../workers/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { untilSignal } from '../signals.js';
import { configFile } from '../temporal.js';

export interface CodecServerCommandOptions {
  port: number;
  host: string;
}

export const action: Action<CodecServerCommandOptions> = ({ options, log }) =>
  withClosers(async (closers) => {
    const { config, file } = await loadClientConfig({ ...configFile(options), without: ['notifications'] });
    const { codecServer, temporal } = config;
    const { encryption } = temporal;
    if (encryption === undefined || codecServer === undefined) throw nothingToShow(file);
    const { host, port } = options;
    const server = await startCodecServer({
      ...codecServer,
      codec: new EncryptionCodec(new KeyRing(encryption)),
      host,
      port,
      log: (entry) => log.info(entry, 'codec server: %s', entry.event),
    });
    closers.add(server.close);
    if (options.json) printJson({ codecServer: { url: server.url } });
    else print(`codec server: ${server.url}; browsers sign in at ${server.url}/login; Ctrl-C stops it`);
    await untilSignal();
    return EXIT.ok;
  });

function nothingToShow(file: string): TidemarkError {
  return new TidemarkError(`${file} has no temporal.encryption or no codecServer.`, {
    code: 'NO_ENCRYPTION',
    retryable: false,
    mend: 'Add both: see docs/operations.md.',
  });
}
