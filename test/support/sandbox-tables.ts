import { startTitanSandbox, type TableDefinition, type TitanSandbox } from '../../sandbox/titanrdm/index.js';
import { first, RawClient, type Answer } from './sandbox-http.js';

const COLUMNS: TableDefinition['columns'] = [
  { name: 'id', dataType: 'integer', primaryKey: true },
  { name: 'name', required: true, length: 10 },
  { name: 'amount', dataType: 'numeric' },
  { name: 'active', dataType: 'boolean' },
  { name: 'day', dataType: 'date' },
];

/** A file for the columns of {@link TablesUnderTest}: one line for each row. */
export function file(...lines: string[]): string {
  return ['id,name,amount,active,day', ...lines, ''].join('\n');
}

/** Inserts, updates, deletes. */
export function counts(result: Answer): number[] {
  return [result.insert_row_count, result.update_row_count, result.delete_row_count];
}

/** A sandbox whose tests each have a table of their own. */
export class TablesUnderTest {
  private count = 0;

  private constructor(
    readonly sandbox: TitanSandbox,
    readonly client: RawClient,
  ) {}

  static async start(): Promise<TablesUnderTest> {
    const sandbox = await startTitanSandbox({ domains: [{ name: 'Test', abbreviation: 't' }] });
    const client = new RawClient(sandbox);
    await client.signIn();
    return new TablesUnderTest(sandbox, client);
  }

  /** A new table. Returns its physical name. */
  define(definition: Partial<TableDefinition> = {}): string {
    const name = `table_${++this.count}`;
    const table = { name, databaseTableName: name, columns: COLUMNS, branches: ['main'], ...definition };
    this.sandbox.defineTable('Test', table);
    return name;
  }

  rows(table: string) {
    return this.sandbox.rows(`t_${table}`);
  }

  /** One table, one file: what became of the import, and of the import table. */
  async send(table: string, csv: string | Buffer, pattern = 'full'): Promise<{ import: Answer; table: Answer }> {
    const result = await this.client.import({ [table]: { csv, pattern } });
    return { import: result.import, table: first(result.import_tables) };
  }

  async newImport(): Promise<number> {
    return (await this.client.post('/api/imports/new', { branch_id: await this.client.branch() })).json.id;
  }
}
