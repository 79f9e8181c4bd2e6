/** What a run is about, for who searches for it. */
export interface Subject {
  pipeline?: string;
  domains: string[];
  tables: string[];
}

/** Longest name that a namespace on PostgreSQL or MySQL keeps of a Keyword. */
const MAX_NAME = 255;
/** Characters of a whole list: a search attribute may have 2 KB. */
const MAX_LIST = 1_500;

/** Reads it from an input that nobody has checked yet: what does not fit is left out, since the check of the input says so. */
export function subjectOf(input: unknown): Subject {
  const { pipeline, domain, domains, tables } = fieldsOf(input);
  const list = listOf(tables).map(tableOf);
  return {
    ...(typeof pipeline === 'string' && pipeline !== '' ? { pipeline: pipeline.slice(0, MAX_NAME) } : {}),
    domains: limited([domain, ...listOf(domains), ...list.map((table) => table.domain)]),
    tables: limited(list.map((table) => table.name)),
  };
}

/** Names of tables in a result, under which they are found in the Web UI too. */
export function tablesIn(result: unknown): string[] {
  const { tables } = fieldsOf(result);
  if (!Array.isArray(tables)) return [];
  return limited(
    tables.map((entry) => {
      const { conventionKey, schema, table } = fieldsOf(entry);
      return conventionKey ?? (typeof schema === 'string' ? `${schema}.${String(table)}` : undefined);
    }),
  );
}

/** A table of an input: by its name; `{ target: { domain, name } }` of an import; `{ schema, name }` of an ingest. */
function tableOf(entry: unknown): { domain: unknown; name: unknown } {
  if (typeof entry === 'string') return { domain: undefined, name: entry };
  const { target, schema, name } = fieldsOf(entry);
  if (typeof schema === 'string') return { domain: undefined, name: `${schema}.${String(name)}` };
  const { domain, name: targetName, table } = fieldsOf(target);
  return { domain, name: targetName ?? table };
}

function limited(names: readonly unknown[]): string[] {
  const kept: string[] = [];
  let room = MAX_LIST;
  for (const name of new Set(names)) {
    if (typeof name !== 'string' || name === '') continue;
    const cut = name.slice(0, MAX_NAME);
    room -= cut.length;
    if (room < 0) break;
    kept.push(cut);
  }
  return kept;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function fieldsOf(value: unknown): Record<string, unknown> {
  // An object of unknown make: each of its fields is looked at before it is used.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
