import { z } from 'zod';
import { configSchema } from './config.js';

/** Identifies the schema; it is published with the package as `tidemark/schema/tidemark.schema.json`. */
export const CONFIG_SCHEMA_ID = 'urn:tidemark:config:1';

/** What an environment variable looks like in the file, before it is filled in. */
const variable = { type: 'string', pattern: '^\\$\\{' } as const;

/**
 * JSON Schema (2020-12) of `tidemark.yaml`, as a person writes it: defaults may be left out, and numbers, switches, choices and
 * addresses may be an environment variable. Published as `schema/tidemark.schema.json`, where the fields have their TSDoc as descriptions.
 */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const { type, enum: choices, default: initial, description, ...rest } = jsonSchema;
      const textual = type === 'string' && jsonSchema.format === undefined;
      if (type === undefined || type === 'object' || type === 'array' || (textual && choices === undefined)) return;
      if (jsonSchema.const !== undefined) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, {
        ...(initial === undefined ? {} : { default: initial }),
        ...(description === undefined ? {} : { description }),
        anyOf: [{ type, ...(choices === undefined ? {} : { enum: choices }), ...rest }, variable],
      });
    },
  });
  return {
    $id: CONFIG_SCHEMA_ID,
    title: 'tidemark.yaml',
    description: 'Configuration of Tidemark, version 1.',
    ...schema,
  };
}
