import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type {
  TidemarkWorkflows,
  TitanImportBatchInput,
  TitanImportBatchResult,
  WorkflowInput,
  WorkflowName,
} from '../index.js';
import { executeWorkflow, startWorkflow } from '../index.js';
import type * as workflows from '../workflows/index.js';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

// Types are judged by the compiler (`npm run typecheck`), so the first half of this file has nothing to run.

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type True<T extends true> = T;

/** Workflows that are not started with an input of their own for a result. */
type Others = 'tidemarkRun' | 'tidemarkWatch' | 'tidemarkWatermark';
/** Each workflow that is exported, first parameter and result, is as `TidemarkWorkflows` says; none is missing there. */
type Exported = {
  [Name in Exclude<keyof typeof workflows, Others>]: (
    input: Parameters<(typeof workflows)[Name]>[0],
  ) => ReturnType<(typeof workflows)[Name]>;
};
export type SameWorkflows = True<Equal<keyof Exported, WorkflowName>>;
export type SameSignatures = True<
  { [Name in keyof Exported]: Equal<Exported[Name], (input: WorkflowInput<Name>) => ReturnType<TidemarkWorkflows[Name]>> }[keyof Exported]
>; // prettier-ignore

const input: TitanImportBatchInput = {
  connection: 'tenant',
  branch: { name: 'main' },
  poll: { intervalSeconds: 0.05 },
  tables: [{ target: { domain: 'Customer', name: 'regions' }, source: { rows: [{ id: 1, label: 'North' }] } }],
};

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(() => tenant.close());

describe('starting a workflow from code', () => {
  it('takes the input of the name and gives its result', async () => {
    const { client, taskQueue } = tenant.temporal;
    const run = await startWorkflow(client, 'titanImportBatch', input, { taskQueue });
    const result: TitanImportBatchResult = await run.result();
    expect(result.totals).toMatchObject({ success: 1, rows: 1 });
    expect(run.workflowId).toMatch(/^tidemark\/titanImportBatch\//u);

    // @ts-expect-error -- the input of another workflow
    const wrong = executeWorkflow(client, 'titanSyncDomains', input, { taskQueue });
    expect(await failureOf(wrong)).toMatchObject({ code: 'ValidationError' });
  });

  it('gives a run of a pipeline its one id, so that a second one is refused while it runs', async () => {
    const { client } = tenant.temporal;
    const pipeline = `p-${randomUUID()}`;
    // Nobody polls this queue: the first one stays.
    const options = { taskQueue: `nobody-${randomUUID()}` };
    const first = await startWorkflow(client, 'titanImportBatch', { ...input, pipeline }, options);
    expect(first.workflowId).toBe(`tidemark/pipeline/${pipeline}`);
    await expect(startWorkflow(client, 'titanImportBatch', { ...input, pipeline }, options)).rejects.toBeInstanceOf(
      WorkflowExecutionAlreadyStartedError,
    );
    await first.terminate();
  });
});
