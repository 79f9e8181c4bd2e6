import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ResultsS3 } from '../../activities/index.js';
import { S3Bucket } from '../../connectors/s3/index.js';
import type { TitanImportBatchResult } from '../../contracts/titan-results.js';
import { executeWorkflow, startWorkflow } from '../../workers/client/index.js';
import { openPayloadStorage } from '../../workers/payload-storage/index.js';
import { configuredWorker, type ConfiguredWorker } from '../support/configured-worker.js';
import { startS3Server, type S3Server } from '../support/s3-server.js';

// The judge is a real server that speaks S3's protocol (versitygw), built from the Go module proxy: so it is among the peers.

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
}, 600_000);
afterAll(() => server.close());

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const bytes = (content: string): Uint8Array => new Uint8Array(Buffer.from(content));

describe('a place in S3', () => {
  it('gives back what was put, below its prefix, and replaces what was there', async () => {
    const bucket = new S3Bucket({ ...server.location, prefix: 'a/b' });
    await bucket.put('x/1.json', bytes('one'), 'application/json');
    await bucket.put('x/1.json', bytes('zwölf'), 'application/json');
    expect(text(await bucket.get('x/1.json'))).toBe('zwölf');
    expect([await bucket.exists('x/1.json'), await bucket.exists('x/2.json')]).toEqual([true, false]);
    expect(await server.keys()).toContain('a/b/x/1.json');
  });

  it.each([
    ['no such bucket', { bucket: 'there-is-none' }, { code: 'S3_NO_BUCKET', retryable: false }],
    ['a wrong secret', { secretAccessKey: 'wrong' }, { code: 'S3_ACCESS', retryable: false }],
    // This server answers with a name of its own (XAdminUserNotFound) where AWS says InvalidAccessKeyId.
    ['an unknown key', { accessKeyId: 'nobody' }, { code: 'S3_REFUSED', retryable: false }],
    ['nobody who answers', { endpoint: 'http://127.0.0.1:1' }, { code: 'S3_UNAVAILABLE', retryable: true }],
  ])('tells of %s, without a secret in the text', async (_, wrong, expected) => {
    const bucket = new S3Bucket({ ...server.location, ...wrong });
    const error: unknown = await bucket.put('k', bytes('x'), 'text/plain').catch((reason: unknown) => reason);
    expect(error).toMatchObject(expected);
    expect(String(error)).not.toContain(server.location.secretAccessKey);
  });

  it('tells of an object that is not there', async () => {
    await expect(new S3Bucket(server.location).get('none')).rejects.toMatchObject({ code: 'S3_NO_OBJECT' });
  });
});

describe('the results location in S3', () => {
  it('keeps a list in parts, in order, under the ids of its run, and refuses one that is elsewhere', async () => {
    const results = new ResultsS3(new S3Bucket({ ...server.location, prefix: 'results' }));
    const part = { workflowId: 'tidemark/pipeline/../x', runId: 'r', name: 'tables' };
    await results.write({ ...part, part: 1 }, [1, 2]);
    await results.write({ ...part, part: 2 }, ['half']);
    const location = await results.write({ ...part, part: 2 }, [3]);
    expect(location).toMatch(/^s3:\/\/tidemark-test\/results\/[^/]+\/r$/u);
    const reference = { location, name: 'tables', parts: 2, entries: 3 };
    expect(await results.read(reference)).toEqual([1, 2, 3]);
    const other = { ...reference, location: 's3://other/results/x/r' };
    await expect(results.read(other)).rejects.toMatchObject({ code: 'RESULTS_ELSEWHERE' });
  });
});

describe("Temporal's own S3 driver", () => {
  it('stores and gives back payloads with the SDK of today, although it brings an older one of its own', async () => {
    const storage = await openPayloadStorage({
      type: 's3',
      ...server.location,
      prefix: 'direct',
      thresholdBytes: 1_024,
    });
    const [driver] = storage.drivers;
    const payload = { metadata: { encoding: bytes('json/plain') }, data: bytes(JSON.stringify('x'.repeat(5_000))) };
    const claims = await driver!.store({}, [payload, payload]);
    const [first, second] = await driver!.retrieve({}, claims);
    expect([text(first!.data!), text(second!.data!)]).toEqual([text(payload.data), text(payload.data)]);
    expect(text(first!.metadata!['encoding']!)).toBe('json/plain');
    expect((await server.keys()).filter((key) => key.startsWith('direct/v0/'))).toHaveLength(1);
  });
});

describe('a worker and a client that keep large payloads and long lists in S3', () => {
  const rows = 20_000;
  let configured: ConfiguredWorker;
  beforeAll(async () => {
    configured = await configuredWorker(() => ({
      temporal: { payloadStorage: { type: 's3', ...server.location, prefix: 'payloads' } },
      results: { s3: { ...server.location, prefix: 'lists' } },
    }));
  });
  afterAll(() => configured.close());

  it('pass thousands of rows inline, of which the history holds references alone', async () => {
    const { client, temporal } = configured;
    const source = { rows: Array.from({ length: rows }, (_, id) => ({ id, label: `Region ${id} ${'x'.repeat(40)}` })) };
    const run = await startWorkflow(
      client,
      'titanImportBatch',
      {
        connection: 'tenant',
        branch: { name: 'main' },
        poll: { intervalSeconds: 0.05 },
        tables: [{ target: { domain: 'Customer', name: 'regions' }, source }],
      },
      { taskQueue: temporal.taskQueue },
    );
    const result: TitanImportBatchResult = await run.result();
    expect(result.totals).toMatchObject({ success: 1, rows });
    expect(JSON.stringify(await run.fetchHistory()).length).toBeLessThan(100_000);
    expect((await server.keys()).some((key) => key.startsWith('payloads/v0/ns/'))).toBe(true);
  });

  it('have results of everyday size in the history, as always', async () => {
    const { client, temporal } = configured;
    const before = await server.keys();
    const input = {
      connection: 'tenant',
      branch: { name: 'main' },
      poll: { intervalSeconds: 0.05 },
      tables: [{ target: { domain: 'Customer', name: 'regions' }, source: { rows: [{ id: 1, label: 'North' }] } }],
    };
    await executeWorkflow(client, 'titanImportBatch', input, { taskQueue: temporal.taskQueue });
    expect(await server.keys()).toEqual(before);
  });
});

describe('without the package', () => {
  it('says what to install', async () => {
    const { notInstalled } = await import('../../connectors/s3/index.js');
    expect(notInstalled('@aws-sdk/client-s3', new Error(path.sep))).toMatchObject({
      code: 'S3_NOT_INSTALLED',
      message: expect.stringContaining('npm install @aws-sdk/client-s3'),
    });
  });
});
