import { pathText, type ConfigProblem, type Path } from './errors.js';
import { pathKey, type YamlFile } from './read-yaml.js';

export interface FilledIn {
  value: unknown;
  /** Paths whose text came from a variable: their values are never shown. */
  filled: Set<string>;
  /** Variables that are not set, each with the key that uses it. */
  missing: (ConfigProblem & { steps: Path; variable: string })[];
}

/** `${NAME}`, `${NAME:-default}`, and `$${` for a literal `${`. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Fills in `${NAME}` from the environment, in texts only. A variable that is set but empty counts as missing, as it does in a shell's
 * `${NAME:-default}`: an empty secret is a mistake that should be named here, not by a server.
 */
export function fillIn(yaml: YamlFile, environment: Readonly<Record<string, string | undefined>>): FilledIn {
  const filled = new Set<string>();
  const missing: FilledIn['missing'] = [];
  const problem = (path: Path, message: string) => ({ path: pathText(path), ...yaml.placeOf(path), message });

  function text(raw: string, path: Path): string {
    return raw.replace(REFERENCE, (match: string, name: string | undefined, fallback: string | undefined) => {
      if (match === '$${') return '${';
      if (name === undefined) {
        const message =
          'a "${" that is no variable: write ${NAME}, ${NAME:-default}, or $${ for the two characters themselves';
        missing.push({ ...problem(path, message), steps: path, variable: '' });
        return match;
      }
      filled.add(pathKey(path));
      const value = environment[name];
      if (value !== undefined && value !== '') return value;
      if (fallback !== undefined) return fallback;
      const message = `uses \${${name}}, which is not set. Set ${name} in the environment, or give a default: \${${name}:-...}`;
      missing.push({ ...problem(path, message), steps: path, variable: name });
      return '';
    });
  }
  function visit(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return value.includes('${') ? text(value, path) : value;
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index]));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, [...path, key])]));
  }
  return { value: visit(yaml.value, []), filled, missing };
}
