import {
  columnSchema,
  importMappingSchema,
  type Column,
  type ImportMapping,
} from '../../connectors/titanrdm/schema.js';

/** Columns of a deployed definition: `id*` is a key, `name!` is required. */
export function columnsOf(...names: string[]): Column[] {
  return names.map((name, index) =>
    columnSchema.parse({
      name: name.replace(/[*!]$/u, ''),
      is_primary_key: name.endsWith('*'),
      is_required: name.endsWith('!'),
      display_order: index,
    }),
  );
}

export function mappingOf(config: unknown): ImportMapping {
  return importMappingSchema.parse({
    id: 1,
    key: 'mapping',
    name: 'Default',
    is_default: true,
    mapping_config: config,
  });
}
