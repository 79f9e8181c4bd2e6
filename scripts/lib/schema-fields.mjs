/** The fields of a JSON Schema, nested ones by their path: `{ path, type, initial, text }`, in the schema's own order. */
export function fieldsOf(schema) {
  const fields = new Map();
  collect(schema, '', ALWAYS, fields);
  return [...fields.values()].map(finished);
}

/** In which variants of a union a field is, and how many there are. */
const ALWAYS = { when: '', of: Infinity };

function collect(schema, at, only, fields) {
  for (const variant of variantsOf(schema)) {
    const own = whenOf(schema, variant);
    const when = own === '' ? only : { when: own, of: variantsOf(schema).length };
    for (const [name, property] of Object.entries(variant.properties ?? {})) {
      const path = at === '' ? name : `${at}.${name}`;
      const isRequired = variant.required?.includes(name) === true;
      const need = variantsOf(schema).length > 1 && own === '' ? 'required in its shape' : 'required';
      add(fields, path, property, isRequired ? need : undefined, when);
      inside(property, path, when, fields);
    }
    inside(variant, at, when, fields, true);
  }
}

/** What is in the entries of a list or map, and in an object. */
function inside(schema, path, only, fields, itselfOnly = false) {
  for (const variant of variantsOf(schema)) {
    if (variant.properties !== undefined && !itselfOnly) {
      collect(schema, path, only, fields);
      break;
    }
  }
  for (const variant of variantsOf(schema)) {
    if (isSchema(variant.items)) inside(variant.items, `${path}[]`, only, fields);
    if (isSchema(variant.additionalProperties))
      inside(variant.additionalProperties, path === '' ? '{name}' : `${path}.{name}`, only, fields);
  }
}

/** A field that several variants have is one row: what all of them take. */
function add(fields, path, schema, need, { when, of }) {
  const field = fields.get(path) ?? { path, types: new Set(), initial: '', texts: new Set(), when: new Set() };
  for (const type of typesOf(schema)) field.types.add(type);
  const initial = need ?? (schema.default === undefined ? '' : code(JSON.stringify(schema.default)));
  if (field.initial === '') field.initial = initial;
  const text = schema.description ?? innerDescription(schema);
  if (text !== undefined) field.texts.add(text);
  field.when.add(when);
  field.of = of;
  fields.set(path, field);
}

function finished({ path, types, initial, texts, when, of }) {
  const only = when.has('') || when.size >= of ? '' : `(${[...when].join(', ')})`;
  return {
    path,
    type: [...types].join(' or '),
    initial,
    text: [[...texts].join(' / '), only].filter(Boolean).join(' '),
    isDescribed: texts.size > 0,
  };
}

const isConstant = (type) => type.startsWith('`__');
const isSchema = (value) => typeof value === 'object' && value !== null;
const variantsOf = (schema) => schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [schema];
const innerDescription = (schema) =>
  variantsOf(schema).find(({ description }) => description !== undefined)?.description;
const code = (text) => `\`${text}\``;

/** The constant that tells a variant of a union from the others. */
function whenOf(schema, variant) {
  if (variantsOf(schema).length === 1) return '';
  const [name, property] =
    Object.entries(variant.properties ?? {}).find(([, { const: value }]) => value !== undefined && value !== 1) ?? [];
  return name === undefined ? '' : code(`${name}: ${property.const}`);
}

function typesOf(schema) {
  const variants = variantsOf(schema);
  if (variants.length === 1) return [typeOf(schema)];
  if (variants.every(({ properties }) => properties !== undefined))
    return [`one of ${variants.map(shapeOf).join(', ')}`];
  const types = [...new Set(variants.flatMap((variant) => typesOf(variant)))];
  // What zod makes of any JSON value.
  return types.includes('null') && types.includes('map') ? [...types.filter(isConstant), 'any JSON'] : types;
}

function typeOf(schema) {
  if (variantsOf(schema).length > 1) return typesOf(schema).join(' or ');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.type === 'array') return isSchema(schema.items) ? `list of ${typeOf(schema.items)}` : 'list';
  if (schema.type === 'object') return schema.properties === undefined ? 'map' : 'object';
  if (schema.type === 'integer' || schema.type === 'number')
    return `${schema.type === 'integer' ? 'whole number' : 'number'}${bounds(schema)}`;
  if (schema.type === 'string') return 'text';
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type ?? 'any JSON';
}

/** `{id}` or `{name, owner?}`; of a variant with a constant, the constant. */
function shapeOf(variant) {
  const [name, property] = Object.entries(variant.properties).find(([, { const: value }]) => value !== undefined) ?? [];
  if (name !== undefined) return code(`${name}: ${property.const}`);
  const names = Object.keys(variant.properties).map((key) => (variant.required?.includes(key) ? key : `${key}?`));
  return code(`{${names.join(', ')}}`);
}

function bounds({ minimum, exclusiveMinimum, maximum }) {
  const low = minimum ?? exclusiveMinimum;
  const isLow = low !== undefined && low > Number.MIN_SAFE_INTEGER;
  const isHigh = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const from = minimum === undefined ? `above ${low}` : `from ${low}`;
  if (isLow && isHigh) return `, ${from} to ${maximum.toLocaleString('en')}`;
  if (isHigh) return `, at most ${maximum.toLocaleString('en')}`;
  return isLow ? `, ${from}` : '';
}
