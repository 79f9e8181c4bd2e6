import { nearNames } from '../../connectors/common/near-names.js';
import { pathText, type ConfigProblem, type Path } from './errors.js';
import { likelyLeaves, stepsOf, type LeafIssue } from './issues.js';
import { pathKey, type YamlFile } from './read-yaml.js';
import { childOf, constantsAt, formsAt, keysAt, typeInWords, type JsonSchema } from './schema-keys.js';

export interface Explained {
  yaml: YamlFile;
  /** The value that was checked. */
  value: unknown;
  /** Paths whose values came from the environment. */
  filled: ReadonlySet<string>;
  schema: JsonSchema;
}

/** Turns the schema's issues into problems that a person can mend: line, key, what is expected, the nearest valid name. */
export function explain(issues: Parameters<typeof likelyLeaves>[0], context: Explained): ConfigProblem[] {
  const leaves = likelyLeaves(issues, (form) => misspelt(form).size);
  const meant = misspelt(leaves);
  const problems = leaves.flatMap((leaf) => {
    // A key that is missing because it is misspelt is one problem, not two.
    if (isMissing(leaf, context) && meant.has(pathKey(stepsOf(leaf.path)))) return [];
    if (oneOfKeys(leaf).some((key) => meant.has(pathKey([...stepsOf(leaf.path), key])))) return [];
    return problemsOf(leaf, context);
  });
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Paths of the missing keys that an unknown key of the same object nearly spells. */
function misspelt(leaves: readonly LeafIssue[]): Set<string> {
  const missing = leaves.filter(
    (leaf) => leaf.code === 'invalid_type' || leaf.code === 'invalid_union' || leaf.code === 'invalid_value',
  );
  const found = new Set<string>();
  for (const leaf of leaves) {
    if (leaf.code !== 'unrecognized_keys') continue;
    const beside = missing.filter((other) => pathKey(stepsOf(other.path.slice(0, -1))) === pathKey(stepsOf(leaf.path)));
    const oneOf = leaves
      .filter((other) => pathKey(stepsOf(other.path)) === pathKey(stepsOf(leaf.path)))
      .flatMap(oneOfKeys);
    for (const key of leaf.keys) {
      const [name] = nearNames(key, [...beside.map((other) => String(other.path.at(-1))), ...oneOf]);
      if (name !== undefined) found.add(pathKey([...stepsOf(leaf.path), name]));
    }
  }
  return found;
}

/** The keys of which an object lacks one, where a check of our own says so. */
function oneOfKeys(leaf: LeafIssue): string[] {
  const keys: unknown = leaf.code === 'custom' ? leaf.params?.['oneOfKeys'] : undefined;
  return Array.isArray(keys) ? keys.map(String) : [];
}

function problemsOf(leaf: LeafIssue, context: Explained): ConfigProblem[] {
  const path = stepsOf(leaf.path);
  if (leaf.code === 'unrecognized_keys') {
    const known =
      keysAt(context.schema, path, valueAt(path, context)).length > 0
        ? keysAt(context.schema, path, context.value)
        : [];
    return leaf.keys.map((key) => {
      const suggestion = didYouMean(key, known);
      const all = known.length > 0 ? ` Keys here: ${known.join(', ')}.` : '';
      return { ...at([...path, key], context), message: `unknown key.${suggestion === '' ? all : suggestion}` };
    });
  }
  if (isMissing(leaf, context)) {
    const parent = path.slice(0, -1);
    return [{ ...at(parent, context), path: pathText(path), message: `is missing${expectation(leaf, context)}.` }];
  }
  return [{ ...at(path, context), message: messageOf(leaf, path, context) }];
}

function messageOf(leaf: LeafIssue, path: Path, context: Explained): string {
  const got = shown(path, context);
  switch (leaf.code) {
    case 'invalid_type':
      return `expected ${wanted(leaf.expected, path, context)}${got}.`;
    case 'invalid_value':
      return choices(leaf.values, path, context);
    case 'invalid_union':
      return leaf.discriminator === undefined
        ? `expected ${formsAt(context.schema, path, context.value).join(' or ')}${got}.`
        : choices(constantsAt(context.schema, path, context.value), path, context);
    case 'invalid_key':
      return `not usable as a name: ${leaf.issues.map((issue) => issue.message).join(', ')}.`;
    case 'custom': {
      const { nearestOf, value } = leaf.params ?? {};
      const candidates = Array.isArray(nearestOf) ? nearestOf.map(String) : [];
      const known =
        candidates.length > 0 && candidates.length <= MAX_LISTED ? ` Configured: ${candidates.join(', ')}.` : '';
      const suggestion = typeof value === 'string' ? didYouMean(value, candidates) : '';
      // About an object as a whole the message says it all.
      const found = isObject(valueAt(path, context)) ? '' : got;
      return `${leaf.message}${found}.${suggestion === '' ? known : suggestion}`;
    }
    default:
      return `${leaf.message}${got}.`;
  }
}

/** An object of few keys is told by them: a text in its place is often the value of one of them. */
function wanted(type: string, path: Path, context: Explained): string {
  if (type !== 'object') return typeInWords(type);
  const [form, ...others] = formsAt(context.schema, path, context.value);
  return form !== undefined && others.length === 0 && form.length <= MAX_FORM ? form : typeInWords(type);
}

const MAX_FORM = 100;

function choices(values: readonly unknown[], path: Path, context: Explained): string {
  const found = valueAt(path, context);
  const suggestion = typeof found === 'string' ? didYouMean(found, values.map(String)) : '';
  const quoted = values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)));
  return `expected ${quoted.join(' or ')}${shown(path, context)}.${suggestion}`;
}

function expectation(leaf: LeafIssue, context: Explained): string {
  if (leaf.code === 'invalid_value')
    return `: expected ${leaf.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  if (leaf.code === 'invalid_union') {
    const options = formsAt(context.schema, stepsOf(leaf.path), context.value);
    return options.length > 0 ? `: expected ${options.join(' or ')}` : '';
  }
  return '';
}

function isMissing(leaf: LeafIssue, context: Explained): boolean {
  const shape = leaf.code === 'invalid_type' || leaf.code === 'invalid_value' || leaf.code === 'invalid_union';
  return shape && leaf.path.length > 0 && valueAt(stepsOf(leaf.path), context) === undefined;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const valueAt = (path: Path, { value }: Explained): unknown => path.reduce(childOf, value);

/** A list that is longer (every time zone there is) helps nobody. */
const MAX_LISTED = 50;

/** Keys whose values are never shown, wherever they stand. */
const SECRET = /secret|password|token|credential|apikey|clientid|accesskey/i;

/** The same where it is the place that tells: keys of the encryption, and addresses and headers of webhooks. */
function isSecret([first, second, third, ...rest]: Path): boolean {
  if (first === 'temporal') return second === 'encryption' && third === 'keys';
  if (first === 'notifications') return third === 'url' || third === 'headers';
  return [first, second, third, ...rest].some((step) => step !== undefined && SECRET.test(String(step)));
}

/** What stands there, when it is short, not secret, and not from the environment. */
function shown(path: Path, context: Explained): string {
  const value = valueAt(path, context);
  if (context.filled.has(pathKey(path))) return ' (the value comes from the environment)';
  if (isSecret(path)) return '';
  if (value === null) return ', got nothing';
  if (Array.isArray(value)) return ', got a list';
  if (typeof value === 'object') return ', got an object';
  const text = JSON.stringify(value) as string | undefined; // undefined has no JSON
  // An address can hold a password or a signature.
  return text === undefined || text.length > 80 || text.includes('://') ? '' : `, got ${text}`;
}

function at(path: Path, { yaml }: Explained): ConfigProblem {
  // The nearest place that stands in the text: a key that is missing has none of its own.
  for (let length = path.length; length >= 0; length -= 1) {
    const place = yaml.placeOf(path.slice(0, length));
    if (place) return { path: pathText(path), ...place, message: '' };
  }
  return { path: pathText(path), message: '' };
}

/** ` Did you mean "x"?`, or nothing when no candidate is near. */
function didYouMean(name: string, candidates: readonly string[]): string {
  const near = nearNames(name, candidates, 2).map((candidate) => `"${candidate}"`);
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
}
