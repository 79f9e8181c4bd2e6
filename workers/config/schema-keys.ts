import type { Path } from './errors.js';

/** The part of JSON Schema that z.toJSONSchema writes for configs. */
export interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  const?: unknown;
  enum?: unknown[];
}

/** The schemas that hold at a path: several where a union leaves it open. The value decides between forms that a constant tells apart. */
export function schemasAt(root: JsonSchema, path: Path, value: unknown): JsonSchema[] {
  let schemas = forms(root, value);
  let here = value;
  for (const step of path) {
    here = childOf(here, step);
    schemas = schemas.flatMap((schema) => {
      const child =
        typeof step === 'number' ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties);
      return typeof child === 'object' ? forms(child, here) : [];
    });
  }
  return schemas;
}

/** Value under a key or index; undefined when there is none. */
export function childOf(value: unknown, step: string | number): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step]; // hasOwn has just shown that the key is there
}

/** The keys that an object may have there. */
export function keysAt(root: JsonSchema, path: Path, value: unknown): string[] {
  return [...new Set(schemasAt(root, path, value).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** The constants that may stand there: the names that tell the forms of a union apart. */
export function constantsAt(root: JsonSchema, path: Path, value: unknown): string[] {
  const constants = schemasAt(root, path, value).flatMap((schema) => schema.enum ?? [schema.const]);
  return [...new Set(constants.filter((constant) => constant !== undefined).map(String))];
}

/** How the forms of a union look: `{id}`, `{name, owner?}`, `text`. */
export function formsAt(root: JsonSchema, path: Path, value: unknown): string[] {
  const texts = schemasAt(root, path, value).map((schema) => {
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.properties === undefined) return typeInWords(schema.type);
    const required = new Set(schema.required);
    return `{${Object.keys(schema.properties)
      .map((key) => (required.has(key) ? key : `${key}?`))
      .join(', ')}}`;
  });
  return [...new Set(texts)];
}

/** What a person writes for it: `a list`, not `array`. */
export function typeInWords(type: string | undefined): string {
  const words: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    integer: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'keys with their values',
    record: 'names with their values',
  };
  return (type === undefined ? undefined : words[type]) ?? 'another value';
}

function forms(schema: JsonSchema, value: unknown): JsonSchema[] {
  const options = schema.anyOf ?? schema.oneOf;
  if (options === undefined) return [schema];
  const open = options.flatMap((option) => forms(option, value));
  const fitting = open.filter((option) => !contradicts(option, value));
  return fitting.length > 0 ? fitting : open;
}

/** Whether the value's own constant (`type: files`) says that it is another form. */
function contradicts(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(schema.properties ?? {}).some(([key, property]) => {
    const found = childOf(value, key);
    return property.const !== undefined && found !== undefined && found !== property.const;
  });
}
