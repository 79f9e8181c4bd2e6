import { executeChild, workflowInfo } from '@temporalio/workflow';
import { titanImportBatch } from 'tidemark/workflows';

// A worker takes one module of workflows: Tidemark's beside your own.
export * from 'tidemark/workflows';

export interface PublishCorrectionsInput {
  /** Names of connections of the worker. */
  connection: string;
  changes: string;
  branch: string;
  domain: string;
  /** Physical names of the tables that were corrected, and the tables of the store `changes` that hold the corrections. */
  tables: { name: string; source: string }[];
}

export interface PublishedCorrections {
  batchId: string | null;
  /** Per table: rows that were sent, and what TitanRDM made of them. */
  tables: { table: string; rows: number; inserted: number | null; updated: number | null; deleted: number | null }[];
}

/**
 * A workflow of one's own: it sends corrections as one import batch, by Tidemark's workflow as a child. All of them are applied or none.
 * What comes before and after (an approval, a message to the team) is yours.
 */
export async function publishCorrections(input: PublishCorrectionsInput): Promise<PublishedCorrections> {
  const imported = await executeChild(titanImportBatch, {
    workflowId: `${workflowInfo().workflowId}/import`,
    staticSummary: `Corrections of ${input.domain}`,
    args: [
      {
        connection: input.connection,
        branch: { name: input.branch },
        description: `Corrections of ${input.domain}`,
        pattern: 'incremental_with_delete',
        poll: { intervalSeconds: 0.5 },
        tables: input.tables.map(({ name, source }) => ({
          target: { domain: input.domain, name },
          source: { connection: input.changes, table: source },
        })),
      },
    ],
  });
  return {
    batchId: imported.batch?.id ?? null,
    tables: imported.tables.map(({ table, rows, counts }) => ({
      table,
      rows,
      ...(counts ?? { inserted: null, updated: null, deleted: null }),
    })),
  };
}
