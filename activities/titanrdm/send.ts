import type { SendTableInput, SendTableResult, TitanRdmActivities } from '../../contracts/activities.js';
import type { TitanRdm } from '../../connectors/titanrdm/index.js';
import { compareForUpload, refuseManyDeletes } from '../../connectors/titanrdm/compare/index.js';
import { prepareUpload } from '../../connectors/titanrdm/prepare-upload.js';
import { openChanges } from '../tidemark/open-reference.js';
import { named } from '../registry.js';
import { runStep, type Step } from '../step.js';
import { checkDeletes, comparisonOf } from './compare.js';
import { cursorOf, type Cursor } from './cursor.js';
import type { TitanRdmDependencies } from './dependencies.js';
import { openSource, type OpenedSource } from './open-source.js';
import { sendParts, tainted } from './send-parts.js';

const NO_SOURCE: SendTableResult = { outcome: 'skipped (no source data)', rows: 0, bytes: 0, importTables: [] };
const NOTHING_SENT: SendTableResult = { outcome: 'skipped (empty)', rows: 0, bytes: 0, importTables: [] };

/** Sends one table into a batch: check, create the import table, PUT, confirm. */
export function sendActivities(dependencies: TitanRdmDependencies): Pick<TitanRdmActivities, 'titanSendTable'> {
  return {
    titanSendTable: (input) =>
      runStep<Cursor, SendTableResult>(async (step) => {
        const { client } = named('connection of type titanrdm', dependencies.titanrdm, input.connection);
        const sure = step.attempt > 1 ? await refuseOrphans(client, input, step.signal) : undefined;
        step.mark(cursorOf(input.target, step.resumed));
        const { changes } = input;
        const changed = changes && (await openChanges(dependencies.stores, input.source, changes, step.signal));
        if (changed === 'nothing new') return NOTHING_SENT;
        if (changes !== undefined && changed === undefined) return NO_SOURCE;
        // Without a look at every row it is not known which rows mean the same record.
        const validate = input.validate || input.compare !== undefined;
        const source = await openSource(dependencies, { ...input, validate }, step.signal, changed?.csv);
        if (source === undefined) return NO_SOURCE;
        try {
          if (source.prepared.rows === 0 && (input.onEmpty === 'skip' || changes !== undefined)) return NOTHING_SENT;
          if (input.pattern === 'auto') {
            const sent = await sendDifference(dependencies, input, source, step);
            await sure?.(sent);
            return sent;
          }
          await checkDeletes(dependencies, input, source, step);
          const sent = await sendParts(client, { ...input, pattern: input.pattern }, source, step);
          await sure?.(sent);
          return changed?.mark === undefined ? sent : { ...sent, mark: changed.mark };
        } finally {
          await source.prepared.dispose();
        }
      }),
  };
}

/**
 * An earlier attempt that died may have created an import table of which nobody knows. It would be applied with the batch, so the
 * batch is given up and a new one begun.
 *
 * @returns what is to be asked once the table is confirmed: a list that was empty may be that of a server that lists nothing
 */
async function refuseOrphans(
  client: TitanRdm,
  input: SendTableInput,
  signal: AbortSignal,
): Promise<(sent: SendTableResult) => Promise<void>> {
  const { tables } = await client.getImportResult(input.importId, { signal });
  const mine = tables?.filter(
    (table) =>
      table.tableKey === input.target.key ||
      table.tableKey === null ||
      table.correlation_code === input.correlationCode,
  );
  if (mine === undefined || mine.length > 0) {
    throw tainted(input, 'an earlier attempt ended without a word about its import table');
  }
  return async ({ importTables }) => {
    if (tables === null || tables.length > 0 || importTables.length === 0) return;
    const listed = (await client.getImportResult(input.importId, { signal })).tables ?? [];
    if (!importTables.every(({ id }) => listed.some((table) => table.id === id)))
      throw tainted(input, 'an earlier attempt may have left an import table, and TitanRDM does not list them yet');
  };
}

/** Compares the source, a whole table, with what TitanRDM holds, and sends what differs. */
async function sendDifference(
  dependencies: TitanRdmDependencies,
  input: SendTableInput,
  source: OpenedSource,
  step: Step<Cursor>,
): Promise<SendTableResult> {
  const { client, columns, mapping, maxFileBytes } = source;
  const table = input.target.conventionKey;
  const delta = await compareForUpload(source.prepared, comparisonOf(dependencies, input, source, step));
  try {
    const { difference } = delta;
    if (difference.inserts + difference.updates + difference.deletes === 0) {
      return { ...NOTHING_SENT, difference };
    }
    refuseManyDeletes(table, difference, input.compare?.maxDeletes);
    const pattern = 'incremental_with_delete';
    const prepared = await prepareUpload(delta.open(), {
      ...{ table, columns, mapping, pattern, maxFileBytes, validate: true, signal: step.signal },
      ...(dependencies.spoolDirectory === undefined ? {} : { spoolDirectory: dependencies.spoolDirectory }),
    });
    try {
      return { ...(await sendParts(client, { ...input, pattern }, { mapping, prepared }, step)), difference };
    } finally {
      await prepared.dispose();
    }
  } finally {
    await delta.dispose();
  }
}
