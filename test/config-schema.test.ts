import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { configJsonSchema } from '../contracts/config-schema.js';

describe('the published JSON Schema of tidemark.yaml', () => {
  it('is the one that the zod schema gives (npm run build writes it anew)', async () => {
    const committed: unknown = JSON.parse(await readFile('schema/tidemark.schema.json', 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
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
