import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ConfigError, type Path } from './errors.js';

/** A place in the text: both from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A config file as plain values, and where each of them stands in the text. */
export interface YamlFile {
  file: string;
  value: unknown;
  /** Place of the key that leads to this value, or of the list entry; undefined when the text has none. */
  placeOf(path: Path): Place | undefined;
  /** How the number at this path is spelt in the file. */
  spelling: Map<string, string>;
}

/** Deep enough for any config; an anchor that contains itself would otherwise never end. */
const MAX_DEPTH = 60;

export const pathKey = (path: Path): string => JSON.stringify(path);

/**
 * Reads YAML 1.2. Values are not guessed at: a number whose spelling says more than its value (`00501`, `1.10`, `9007199254740993`)
 * stays the text that it is; where the schema wants a number it becomes one later.
 *
 * @throws ConfigError `CONFIG_YAML` with the line of the first mistake
 */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, stringKeys: true });
  // Only the first: the ones after it mostly follow from it.
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const { line, col } = lines.linePos(mistake.pos[0]);
    const what = mistake.code === 'DUPLICATE_KEY' ? twice(text.slice(mistake.pos[0])) : mistake.message;
    const message = `not valid YAML: ${what}.${quotesHint(text.split('\n')[line - 1] ?? '')}`;
    throw new ConfigError('CONFIG_YAML', file, [{ path: '', line, column: col, message }]);
  }

  const offsets = new Map<string, number>();
  const spelling = new Map<string, string>();
  const value = toValue(document, document.contents, [], { offsets, spelling, file });
  return {
    file,
    value,
    spelling,
    placeOf(path) {
      const offset = offsets.get(pathKey(path));
      if (offset === undefined) return undefined;
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    },
  };
}

function twice(rest: string): string {
  const key = /^["']?([\w.-]+)["']?\s*:/u.exec(rest)?.[1];
  return key === undefined ? 'a key is given twice' : `the key "${key}" is given twice`;
}

/**
 * The commonest mistakes: inside `{ }` and `[ ]` YAML takes the brace of `${NAME}` for one of its own; a cron expression may begin with a
 * star, which is a sign of YAML's, and a description may hold a colon. The value itself is not shown: it may be a secret.
 */
function quotesHint(line: string): string {
  if (/[{[,].*[^"']\$\{/.test(line)) return ' Inside { } and [ ], put quotes around "${NAME}".';
  const value = /^[\s-]*(?:[\w.-]+ *: +)?(.*)$/u.exec(line)?.[1] ?? '';
  const [sign = ''] = value;
  if ('*@%`'.includes(sign) && sign !== '') return ` Put quotes around a value that begins with ${sign}.`;
  return /^[^"'{[#].*: /u.test(value) ? ' Put quotes around a value that holds a colon.' : '';
}

interface Found {
  file: string;
  offsets: Map<string, number>;
  spelling: Map<string, string>;
}

function toValue(document: Document, node: Node | null | undefined, path: Path, found: Found): unknown {
  if (path.length > MAX_DEPTH) {
    throw new ConfigError('CONFIG_YAML', found.file, [
      { path: '', message: `nested more than ${MAX_DEPTH} levels deep` },
    ]);
  }
  const at = (offset: number | undefined, where: Path) => {
    if (offset !== undefined && !found.offsets.has(pathKey(where))) found.offsets.set(pathKey(where), offset);
  };
  if (!node) return null;
  at(node.range?.[0], path);
  if (isAlias(node)) return toValue(document, node.resolve(document), path, found);
  if (isSeq<Node>(node)) return node.items.map((item, index) => toValue(document, item, [...path, index], found));
  if (isMap<Node, Node | null>(node)) {
    // fromEntries makes own properties: a key `__proto__` is an unknown key like any other.
    const entries = node.items.map((pair) => {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      at(pair.key.range?.[0], [...path, key]);
      return [key, toValue(document, pair.value, [...path, key], found)] as const;
    });
    return Object.fromEntries(entries);
  }
  if (!isScalar(node)) return null;
  const { value, source } = node;
  if (typeof value !== 'number' || source === undefined) return value;
  found.spelling.set(pathKey(path), source);
  return String(value) === source ? value : source;
}
