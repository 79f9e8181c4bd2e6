import { z } from 'zod';
import { ConfigError, type Path } from './errors.js';
import { fillIn } from './environment.js';
import { explain } from './explain.js';
import { allLeaves, stepsOf, type LeafIssue } from './issues.js';
import { pathKey, type YamlFile } from './read-yaml.js';
import type { JsonSchema } from './schema-keys.js';

/** Rounds in which texts become what the schema wants: each can open a union whose inside was not looked at before. */
const MAX_ROUNDS = 8;

/**
 * Parses a config file by a schema. Missing variables are reported before all else, except below `optional` (a key of the document
 * that this reader does not use). A key of `dispensable` whose variables are missing is left out as a whole: it concerns another process.
 *
 * @throws ConfigError `CONFIG_MISSING_VARIABLE`, `CONFIG_INVALID`
 */
export function checkConfig<Schema extends z.ZodType>(
  yaml: YamlFile,
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
  optional?: string,
  dispensable: readonly string[] = [],
): z.output<Schema> {
  const { value, filled, missing } = fillIn(yaml, environment);
  const needed = missing.filter(({ steps: [key] }) => key !== optional && !dispensable.some((other) => other === key));
  if (needed.length > 0) throw new ConfigError('CONFIG_MISSING_VARIABLE', yaml.file, needed);

  for (const { steps } of missing) {
    const [key] = steps;
    if (isIndexable(value) && dispensable.some((other) => other === key)) Reflect.deleteProperty(value, String(key));
  }
  for (let round = 0; ; round += 1) {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const changed = allLeaves(result.error.issues).filter((leaf) => convert(value, leaf, yaml)).length > 0;
    if (changed && round < MAX_ROUNDS) continue;
    // What z.toJSONSchema writes is JSON Schema; of it only the keys of JsonSchema are read, each of them optional.
    const keys = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
    throw new ConfigError(
      'CONFIG_INVALID',
      yaml.file,
      explain(result.error.issues, { yaml, value, filled, schema: keys }),
    );
  }
}

/** Makes of a text the number or switch that the schema wants at its place, or of a number the text as it was spelt. */
function convert(root: unknown, leaf: LeafIssue, yaml: YamlFile): boolean {
  const path = stepsOf(leaf.path);
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((value, step) => (isIndexable(value) ? value[step] : undefined), root);
  const last = path.at(-1);
  if (last === undefined || !isIndexable(parent) || !Object.hasOwn(parent, last)) return false;
  const wanted = wantedValue(parent[last], leaf, path, yaml);
  if (wanted === undefined) return false;
  parent[last] = wanted;
  return true;
}

function wantedValue(
  found: unknown,
  leaf: LeafIssue,
  path: Path,
  yaml: YamlFile,
): string | number | boolean | undefined {
  if (typeof found === 'number') {
    return leaf.code === 'invalid_type' && leaf.expected === 'string' ? yaml.spelling.get(pathKey(path)) : undefined;
  }
  if (typeof found !== 'string' || found.trim() === '') return undefined;
  const number = Number(found);
  const isNumber = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  if (leaf.code === 'invalid_value') return isNumber && leaf.values.includes(number) ? number : undefined;
  if (leaf.code !== 'invalid_type') return undefined;
  if (leaf.expected === 'number' || leaf.expected === 'int') return isNumber ? number : undefined;
  if (leaf.expected === 'boolean' && (found === 'true' || found === 'false')) return found === 'true';
  return undefined;
}

function isIndexable(value: unknown): value is Record<string | number, unknown> {
  return value !== null && typeof value === 'object';
}
