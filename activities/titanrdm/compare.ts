import type { ComparedTable, SendTableInput, TitanRdmActivities } from '../../contracts/activities.js';
import { countDifference, refuseManyDeletes, type CompareOptions } from '../../connectors/titanrdm/compare/index.js';
import { runStep, type Step } from '../step.js';
import { cursorOf, type Cursor } from './cursor.js';
import type { TitanRdmDependencies } from './dependencies.js';
import { openHeldTable } from './held-table.js';
import { openSource, type OpenedSource } from './open-source.js';

/** Finds out whether a table differs from what TitanRDM holds, before a batch is begun for it. */
export function compareActivities(dependencies: TitanRdmDependencies): Pick<TitanRdmActivities, 'titanCompareTable'> {
  return {
    titanCompareTable: (input) =>
      runStep<Cursor, ComparedTable>(async (step) => {
        const table = input.target.conventionKey;
        step.mark(cursorOf(input.target, step.resumed));
        const compared = { ...input, pattern: 'auto', validate: true } as const;
        const source = await openSource(dependencies, compared, step.signal);
        if (source === undefined) return { outcome: 'skipped (no source data)' };
        try {
          if (source.prepared.rows === 0 && input.onEmpty === 'skip') return { outcome: 'skipped (empty)' };
          let used = '';
          const options = comparisonOf(dependencies, compared, source, step, (id) => (used = id));
          const difference = await countDifference(source.prepared, options);
          if (difference.inserts + difference.updates + difference.deletes === 0) {
            return { outcome: 'skipped (empty)', difference };
          }
          refuseManyDeletes(table, difference, input.compare.maxDeletes);
          return { outcome: 'changed', exportId: used, difference };
        } finally {
          await source.prepared.dispose();
        }
      }),
  };
}

/** Error `TOO_MANY_DELETES`, where a limit is set and the pattern can remove records. */
export async function checkDeletes(
  dependencies: TitanRdmDependencies,
  input: SendTableInput,
  source: OpenedSource,
  step: Step<Cursor>,
): Promise<void> {
  const limit = input.compare?.maxDeletes;
  if (limit === undefined) return;
  const keysOnly = { ...comparisonOf(dependencies, input, source, step), keysOnly: true };
  const found = await countDifference(source.prepared, keysOnly);
  refuseManyDeletes(input.target.conventionKey, found, limit);
}

type ComparedInput = Pick<SendTableInput, 'branchId' | 'target' | 'pattern' | 'correlationCode' | 'compare'>;

/** How a source is compared, within a step that may have begun to before. */
export function comparisonOf(
  { spoolDirectory }: Pick<TitanRdmDependencies, 'spoolDirectory'>,
  input: ComparedInput,
  { client, columns, mapping }: OpenedSource,
  step: Pick<Step<Cursor>, 'signal' | 'resumed' | 'mark'>,
  onExport?: (exportId: string) => void,
): CompareOptions {
  const table = input.target.conventionKey;
  const { compare, branchId, correlationCode } = input;
  const held: CompareOptions['held'] = () => {
    // The workflow gives it with the pattern and the limit that need it.
    if (compare === undefined) throw new Error('no comparison was asked for');
    return openHeldTable(
      client,
      {
        ...{ branchId, tableKey: input.target.key, correlationCode, poll: compare.poll },
        earlier: [step.resumed?.exportId, compare.exportId],
        onExport: (exportId) => {
          onExport?.(exportId);
          step.mark({ table, phase: 'comparing', exportId });
        },
      },
      step.signal,
    );
  };
  return {
    ...{ table, columns, mapping, pattern: input.pattern, held, signal: step.signal },
    ...(spoolDirectory === undefined ? {} : { directory: spoolDirectory }),
  };
}
