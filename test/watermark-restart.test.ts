import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { watermarkWorkflowId } from '../contracts/watermark.js';
import { RestartableTemporal } from './support/restartable-temporal.js';
import { openWatermarkBench, type WatermarkBench } from './support/watermark-worker.js';

/** A Temporal server whose database is a file; it comes back at the same port. */
describe('the watermark workflow and a Temporal server that is killed', () => {
  let folder: string;
  let server: RestartableTemporal;
  let bench: WatermarkBench;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-restart-'));
    server = await RestartableTemporal.start(folder);
    bench = await openWatermarkBench({ server });
  });
  afterAll(async () => {
    await bench.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('goes on where it was: what was told is kept, and the same again is done already', async () => {
    const name = bench.pipeline();
    const reach = bench.reach(name);
    const advance = (from: number | null, to: number, sequence: number) =>
      bench.update(reach, 'advance', { key: 'k', from, to, run: 'run 1', sequence });
    await advance(null, 1, 1);
    const { id } = await bench.update(reach, 'set', { key: 'k', value: 7, by: 'ann', reason: 'r' });

    expect(await server.restart('SIGKILL')).toBe(true);

    expect(await again(() => advance(null, 1, 1))).toEqual({ changed: false });
    expect(await advance(1, 2, 2)).toEqual({ changed: true });
    expect(await bench.watermarks(name)).toMatchObject({ k: { value: 2, sequence: 2 } });
    expect(await bench.overrides(name)).toMatchObject({ k: { id } });
    const { status } = await bench.temporal.client.workflow.getHandle(watermarkWorkflowId(name)).describe();
    expect(status.name).toBe('RUNNING');
  });
});

/** As an activity would: the connection may need more than one try to come back. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
