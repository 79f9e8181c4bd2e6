import { COLUMNS } from './rows.js';

export const BRANCH = 'bench';
export const DOMAIN = { name: 'Bench', abbreviation: 'bench' } as const;
/** Physical name of the one large table. */
export const LARGE_TABLE = 'rows';
/** Where the peer sends the same rows, so that neither meets what the other left. */
export const PEER_TABLE = 'rows_of_peer';

/** Physical name of one of the many small tables. */
export function smallTable(index: number): string {
  return `table_${String(index + 1).padStart(3, '0')}`;
}

/** What the sandbox starts with: a branch, and a domain of these tables. */
export function definitions(tables: readonly string[]) {
  return {
    branches: [{ name: BRANCH }],
    domains: [
      {
        ...DOMAIN,
        tables: tables.map((name) => ({
          name,
          databaseTableName: name,
          columns: COLUMNS.map((column) => ({ ...column })),
        })),
      },
    ],
  };
}
