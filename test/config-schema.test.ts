import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { pipelineSchema } from '../contracts/config.js';
import { configJsonSchema } from '../contracts/config-schema.js';

interface Documents {
  files: Record<string, string>;
  missing: string[];
}

let documents: Documents;
beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/documents.mjs', '--json'], {
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  documents = JSON.parse(stdout) as Documents; // what `documents()` of scripts/lib/documents.mjs returns
});

describe('what is made from the schemas', () => {
  it.each(['schema/tidemark.schema.json', 'docs/reference.md'])(
    '%s is that of today (npm run build writes it anew)',
    async (file) => {
      expect(await readFile(file, 'utf8')).toBe(documents.files[file]);
    },
  );

  it('describes every field, by the TSDoc beside it', () => {
    expect(documents.missing).toEqual([]);
    const reference = documents.files['docs/reference.md'];
    expect(reference).toContain(
      '| `poll.intervalSeconds` | number, from 0.05 to 3,600 | `2` | Seconds between two questions. |',
    );
    for (const { shape } of pipelineSchema.options) expect(reference).toContain(`\n## ${shape.workflow.value}\n`);
  });
});

describe('the published JSON Schema of tidemark.yaml', () => {
  it('has the descriptions of its fields', () => {
    expect(JSON.parse(documents.files['schema/tidemark.schema.json'] ?? '')).toMatchObject({
      properties: {
        results: { properties: { folder: { description: expect.stringMatching(/^A folder that all/u) } } },
        worker: { properties: { nexus: { description: expect.stringMatching(/Nexus/u) } } },
      },
    });
  });

  it('refuses unknown keys, leaves out defaults, and takes a variable in place of a number', () => {
    const schema = configJsonSchema();
    expect(schema).toMatchObject({
      required: ['version'],
      additionalProperties: false,
      properties: {
        worker: {
          properties: {
            maxConcurrentActivities: {
              anyOf: [
                { type: 'integer', minimum: 1 },
                { type: 'string', pattern: '^\\$\\{' },
              ],
            },
          },
        },
      },
    });
  });
});
