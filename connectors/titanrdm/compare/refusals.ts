import { TidemarkError } from '../../../contracts/errors.js';

// Why a table can't be compared with what TitanRDM holds, or must not be sent. Tables and columns are named, never a value.

export function noComparison(table: string, reason: string): TidemarkError {
  return new TidemarkError(`${table} can't be compared with what TitanRDM holds: ${reason}.`, {
    code: 'NO_COMPARISON',
    retryable: false,
    mend: "Use pattern 'full', or 'incremental_with_delete' with codes of your own, and no maxDeletes.",
  });
}

export function keyNotInExport(table: string, column: string): TidemarkError {
  return noComparison(table, `its export has no column "${column}", or several`);
}

export interface Removal {
  table: string;
  /** Records that would go. */
  deletes: number;
  /** Records that TitanRDM holds. */
  held: number;
  /** As the input gives it. */
  limit: number | string;
}

export function tooManyDeletes({ table, deletes, held, limit }: Removal): TidemarkError {
  const share = held === 0 ? '' : ` (${((deletes / held) * 100).toFixed(1)} %)`;
  return new TidemarkError(
    `Table ${table}: the run would remove ${deletes} of the ${held} records that TitanRDM holds${share}; maxDeletes allows ${limit}.`,
    {
      code: 'TOO_MANY_DELETES',
      retryable: false,
      mend: 'Look whether the source is whole (`tidemark plan` shows what would go). When it is meant so, raise maxDeletes or leave it out for one run.',
    },
  );
}
