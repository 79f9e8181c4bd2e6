import type { SendTableInput } from '../../contracts/activities.js';
import type { CsvTable } from '../../connectors/tables/index.js';
import type { TitanRdm } from '../../connectors/titanrdm/index.js';
import { prepareUpload, type PreparedUpload } from '../../connectors/titanrdm/prepare-upload.js';
import type { Column, ImportMapping } from '../../connectors/titanrdm/schema.js';
import { openReference } from '../tidemark/open-reference.js';
import { named } from '../registry.js';
import type { TitanRdmDependencies } from './dependencies.js';

/** A source that has been looked at, and what is known of the table that it is for. */
export interface OpenedSource {
  client: TitanRdm;
  /** Live columns of the deployed definition. */
  columns: readonly Column[];
  mapping: ImportMapping;
  maxFileBytes: number;
  /** Must be disposed of. */
  prepared: PreparedUpload;
}

export type SourceInput = Pick<
  SendTableInput,
  'connection' | 'branchId' | 'target' | 'source' | 'pattern' | 'mappingKey' | 'validate'
>;

/**
 * Opens a table's source and checks it; undefined when it does not exist. Errors: those of the store, the lookups and the checks.
 * @param opened its rows, where they are open already
 */
export async function openSource(
  { titanrdm, stores, spoolDirectory }: TitanRdmDependencies,
  input: SourceInput,
  signal: AbortSignal,
  opened?: CsvTable,
): Promise<OpenedSource | undefined> {
  const { client, maxFileBytes } = named('connection of type titanrdm', titanrdm, input.connection);
  const csv = opened ?? (await openReference(stores, input.source, signal));
  if (csv === undefined) return undefined;
  const where = { branchId: input.branchId, key: input.target.key };
  const [deployed, mapping] = await Promise.all([
    client.lookupDeployedTable(where, { signal }),
    input.mappingKey === undefined
      ? client.defaultImportMapping(input.target.id, { signal })
      : client.importMappingByKey(input.target.id, input.mappingKey, { signal }),
  ]).catch((error: unknown) => {
    csv.stream.destroy();
    throw error;
  });
  const { columns } = deployed;
  const prepared = await prepareUpload(csv, {
    table: input.target.conventionKey,
    columns,
    mapping,
    pattern: input.pattern,
    // Of a table that is compared only the difference is sent, however large it is.
    maxFileBytes: input.pattern === 'auto' ? Infinity : maxFileBytes,
    validate: input.validate,
    signal,
    ...(spoolDirectory === undefined ? {} : { spoolDirectory }),
  });
  return { client, columns, mapping, maxFileBytes, prepared };
}
