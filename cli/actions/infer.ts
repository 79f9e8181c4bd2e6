import path from 'node:path';
import { stringify } from 'yaml';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { TidemarkError } from '../../contracts/errors.js';
import { inferTable, tableFromLive } from '../../connectors/postgres/declare/index.js';
import { loadConfig } from '../../workers/config/index.js';
import { openPostgres } from '../../workers/postgres-connection.js';
import { withClosers, type Closers } from '../closers.js';
import type { Action, CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { embeddedOfDev } from './worker.js';

export interface InferCommandOptions {
  schema: string;
  name?: string;
  connection?: string;
}

export const action: Action<InferCommandOptions> = ({ args: [file], options }) =>
  withClosers(async (closers) => {
    const table = await proposal(file, options, closers);
    if (options.json) printJson(table);
    else {
      print(stringify([table], { indent: 2, lineWidth: 0 }).trimEnd());
      if (table.primaryKey === undefined)
        note('No primary key: rows are appended. Name its columns under `primaryKey` to have rows upserted.');
    }
    return EXIT.ok;
  });

async function proposal(
  file: string | undefined,
  { schema, name, connection, ...options }: InferCommandOptions & CommonOptions,
  closers: Closers,
): Promise<PostgresTable> {
  if (connection !== undefined && file === undefined && name !== undefined) {
    return live({ schema, name }, connection, options, closers);
  }
  if (connection === undefined && file !== undefined) {
    return inferTable(file, { schema, name: name ?? path.basename(file, path.extname(file)) });
  }
  throw new TidemarkError('A file, or --connection and --name, must say what to look at.', {
    code: 'COMMAND_OPTIONS',
    retryable: false,
    mend: 'For instance `tidemark infer orders.csv`, or `tidemark infer --connection warehouse --name orders`.',
  });
}

async function live(
  table: { schema: string; name: string },
  connection: string,
  options: CommonOptions,
  closers: Closers,
): Promise<PostgresTable> {
  const { config } = await loadConfig({ ...configFile(options), ...(await embeddedOfDev(options)) });
  const described = Object.hasOwn(config.connections, connection) ? config.connections[connection] : undefined;
  if (described?.type !== 'postgres') {
    const names = Object.entries(config.connections).flatMap(([name, { type }]) => (type === 'postgres' ? [name] : []));
    throw new TidemarkError(`The config has no connection "${connection}" of type postgres.`, {
      code: 'UNKNOWN_CONNECTION',
      retryable: false,
      mend: names.length === 0 ? 'It has none of that type.' : `It has: ${names.join(', ')}.`,
    });
  }
  const database = openPostgres(described);
  closers.add(() => database.close());
  const found = await database.use((client) => tableFromLive(client, table));
  if (found !== undefined) return found;
  throw new TidemarkError(`The database of "${connection}" has no table "${table.schema}"."${table.name}".`, {
    code: 'TABLE_NOT_FOUND',
    retryable: false,
    mend: 'Names are taken as they are, upper case included; --schema says another schema.',
  });
}
