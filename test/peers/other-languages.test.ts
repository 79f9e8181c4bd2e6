import { execFile, type ExecFileException } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findTemporal } from '../../workers/dev-server/index.js';
import { configuredWorker, type ConfiguredWorker } from '../support/configured-worker.js';

// What the examples show, run as they are: by name, with plain JSON, from a program that has nothing of Tidemark.

const python = process.env['TIDEMARK_PEERS_PYTHON'] ?? '';
const example = (...parts: string[]): string => path.resolve('examples', ...parts);

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

let configured: ConfiguredWorker;
beforeAll(async () => {
  configured = await configuredWorker();
});
afterAll(() => configured.close());

/** Runs a program with this test's Temporal in its environment. */
function run(file: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { address, namespace } = configured.temporal;
  const env = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, ...more };
  return new Promise((resolve) => {
    execFile(file, args, { env }, (error: ExecFileException | null, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

async function inputFile(change: (input: Record<string, unknown>) => void = () => undefined): Promise<string> {
  const input = JSON.parse(await readFile(example('from-python', 'input.json'), 'utf8')) as Record<string, unknown>;
  change(input);
  const file = path.join(configured.folder, `${randomUUID()}.json`);
  await writeFile(file, JSON.stringify(input));
  return file;
}

describe('a client in Python', () => {
  const client = (file: string, ...more: string[]) =>
    run(python, [
      example('from-python', 'client.py'),
      'titanImportBatch',
      file,
      ...['--task-queue', configured.temporal.taskQueue],
      ...more,
    ]);

  it('starts a run by name, asks how far it is, and gets its result', async () => {
    const id = `from-python-${randomUUID()}`;
    const { code, stdout, stderr } = await client(await inputFile(), '--id', id);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`started ${id}`)]);
    expect(stderr).toMatch(/phase: \w+/u);
    expect(JSON.parse(stdout)).toMatchObject({ totals: { success: 1, rows: 2 }, tables: [{ status: 'success' }] });
  });

  it('gets the code of a failure, and the list of its tables', async () => {
    const { code, stdout, stderr } = await client(
      await inputFile((input) => (input['branch'] = { name: 'no such branch' })),
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('started tidemark/titanImportBatch/')]);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'TITAN_UNKNOWN_BRANCH', details: [{ retryable: false }] });
  });
});

describe("Temporal's command line", () => {
  it('starts a run, asks how far it is, and waits for its result, by the lines of the example', async () => {
    const { path: temporal } = await findTemporal();
    const { code, stdout, stderr } = await run('sh', [example('from-cli', 'import.sh'), await inputFile()], {
      PATH: `${path.dirname(temporal)}${path.delimiter}${process.env['PATH'] ?? ''}`,
      TASK_QUEUE: configured.temporal.taskQueue,
      WORKFLOW_ID: `from-cli-${randomUUID()}`,
    });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(stdout).toContain('"phase"');
    expect(stdout).toMatch(/"rows":\s*2/u);
  });
});
