import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { pipelineWorkflowId } from '../contracts/config.js';
import type { TidemarkRunInput } from '../contracts/run-inputs.js';
import type { TitanConventionUploadResult } from '../contracts/titan-results.js';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

describe('a run of a pipeline', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await openTenant();
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
  });
  afterEach(() => {
    tenant.sandbox.clearFaults();
    tenant.sandbox.configure({ importDelayMs: 0 });
  });
  afterAll(() => tenant.close());

  const upload = { connection: 'tenant', branch: { name: 'main' }, domain: 'Customer', store: 'lake' };
  const inputFor = (pipeline: string, more: Partial<TidemarkRunInput> = {}): TidemarkRunInput => ({
    pipeline,
    workflow: 'titanConventionUpload',
    input: { ...upload, poll: { intervalSeconds: 0.1 } },
    ...more,
  });
  const newPipeline = () => `p-${randomUUID()}`;
  const run = (input: unknown) => tenant.execute<TitanConventionUploadResult>('tidemarkRun', input);
  const pipelineRun = (pipeline: string): WorkflowHandle =>
    tenant.temporal.client.workflow.getHandle(pipelineWorkflowId(pipeline));

  /** A run that is under way at the server. */
  async function underWay(pipeline: string): Promise<WorkflowHandle> {
    tenant.sandbox.configure({ importDelayMs: 3_000 });
    const completions = () => tenant.sandbox.requestLog.filter(({ route }) => route === 'imports.complete').length;
    const before = completions();
    const handle = await tenant.start('tidemarkRun', inputFor(pipeline));
    while (completions() === before) await sleep(20);
    return handle;
  }

  it("is the pipeline's workflow under the pipeline's id, and its result is that one's", async () => {
    const pipeline = newPipeline();
    const result = await run(inputFor(pipeline));
    expect(result.tables.map(({ status }) => status)).toEqual(['success', 'success']);
    const { type, status, staticSummary } = await pipelineRun(pipeline).describe();
    expect([type, status.name, await staticSummary()]).toEqual([
      'titanConventionUpload',
      'COMPLETED',
      `Pipeline ${pipeline}`,
    ]);
    expect(await pipelineRun(pipeline).result()).toEqual(result);
  });

  it('waits for its turn while another one is under way', async () => {
    const pipeline = newPipeline();
    const first = await underWay(pipeline);
    const second = await tenant.start('tidemarkRun', inputFor(pipeline));
    const waits = async () => {
      const { currentDetails } = await second.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      return currentDetails.includes('waiting for the run');
    };
    while (!(await waits())) await sleep(20);
    await tenant.replaceWorker();
    tenant.sandbox.configure({ importDelayMs: 0 });
    await first.cancel();
    expect(await second.result()).toMatchObject({ totals: { success: 2 } });
  });

  it('waits without keeping the worker busy: more runs can wait than a worker has slots for activities', async () => {
    const narrow = await openTenant({ worker: { maxConcurrentActivityTaskExecutions: 2 } });
    try {
      await narrow.put('cust_customers.csv', 'code,name,zip\nC1,Ann,00501\n');
      narrow.sandbox.configure({ importDelayMs: 3_000 });
      const input = inputFor(newPipeline());
      const runs = await Promise.all([1, 2, 3, 4].map(() => narrow.start('tidemarkRun', input)));
      const looks = async () => {
        const described = await Promise.all(runs.map((each) => each.describe()));
        return described.flatMap(({ raw }) => raw.pendingActivities ?? []).filter(({ attempt }) => Number(attempt) > 1);
      };
      let waiting = await looks();
      while (waiting.length < 3) waiting = await looks();
      expect(new Set(waiting.map(({ lastFailure }) => lastFailure?.message))).toEqual(
        new Set([`${pipelineWorkflowId(input.pipeline)} is under way.`]),
      );
      expect(waiting.map(({ lastFailure }) => lastFailure?.stackTrace)).toEqual(['', '', '']);
      narrow.sandbox.configure({ importDelayMs: 0 });
      const results = await Promise.all(runs.map((each) => each.result() as Promise<TitanConventionUploadResult>));
      expect(results.map(({ totals }) => totals.success)).toEqual([1, 1, 1, 1]);
    } finally {
      await narrow.close();
    }
  });

  it("skips its turn with ifRunning 'skip', and says so", async () => {
    const pipeline = newPipeline();
    const first = await underWay(pipeline);
    expect(await run(inputFor(pipeline, { ifRunning: 'skip' }))).toEqual({
      summary: `Skipped: a run of ${pipeline} is under way.`,
      skipped: true,
    });
    await first.cancel();
  });

  it("fails with ifRunning 'fail'", async () => {
    const pipeline = newPipeline();
    const first = await underWay(pipeline);
    expect((await failureOf(run(inputFor(pipeline, { ifRunning: 'fail' })))).code).toBe('PIPELINE_RUNNING');
    await first.cancel();
  });

  it('hands its cancellation to the child and ends after it', async () => {
    const pipeline = newPipeline();
    const handle = await underWay(pipeline);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
    expect((await pipelineRun(pipeline).describe()).status.name).toBe('CANCELLED');
  });

  it('fails when somebody cancels the child itself: it was not asked to end', async () => {
    const pipeline = newPipeline();
    const handle = await underWay(pipeline);
    await pipelineRun(pipeline).cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect((await failureOf(handle.result())).code).toBe('RUN_CANCELLED');
  });

  it('fails as the child does, with the list of what it had done', async () => {
    const input = inputFor(newPipeline(), { input: { ...upload, tables: ['Custmers'] } });
    expect((await failureOf(run(input))).code).toBe('TITAN_UNKNOWN_TABLE');
    tenant.sandbox.setFaults([{ kind: 'importFailed', message: 'not today', match: { route: 'imports.complete' } }]);
    const failed = await failureOf(run(inputFor(newPipeline())));
    expect(failed.code).toBe('TITAN_TABLE_FAILED');
    expect(failed.result?.tables).toHaveLength(2);
  });

  it('refuses an input that is none by its path', async () => {
    const failed = await failureOf(run({ ...inputFor(newPipeline()), ifRuning: 'skip' }));
    expect(failed.code).toBe('ValidationError');
    expect(failed.message).toContain('ifRuning');
  });
});
