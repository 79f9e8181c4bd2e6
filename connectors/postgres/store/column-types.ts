/**
 * TitanRDM's data types as PostgreSQL's. Chosen so that nothing TitanRDM holds is refused or changed: integers of any name are 64 bits
 * wide, decimals keep their digits (`1.10` is not `1.1`), texts have no length of their own, and what has an offset keeps its instant
 * (PostgreSQL's `timestamp` would drop it without a word; a time without one is UTC, as TitanRDM reads it).
 */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  text: ['text', 'varchar', 'character varying', 'nvarchar', 'char', 'character', 'bpchar', 'string'],
  bigint: ['integer', 'int', 'smallint', 'bigint', 'int2', 'int4', 'int8', 'serial', 'smallserial', 'bigserial'],
  numeric: ['numeric', 'decimal'],
  'double precision': ['float', 'double', 'double precision', 'real', 'float4', 'float8'],
  boolean: ['boolean', 'bool'],
  date: ['date'],
  time: ['time', 'time without time zone'],
  timetz: ['timetz', 'time with time zone'],
  timestamptz: ['timestamp', 'datetime', 'timestamptz', 'timestamp with time zone'],
  timestamp: ['timestamp without time zone'],
  uuid: ['uuid'],
  json: ['json'],
  jsonb: ['jsonb'],
};

const TYPE_OF = new Map(Object.entries(TYPES).flatMap(([type, names]) => names.map((name) => [name, type] as const)));

/** The type for a column of the deployed definition; undefined for a data type that is not known. Lengths in brackets are passed over. */
export function postgresType(dataType: string): string | undefined {
  const name = dataType
    .toLowerCase()
    .replace(/\s*\([^)]*\)/u, '')
    .replace(/\s+/gu, ' ')
    .trim();
  return TYPE_OF.get(name);
}

/** What an export adds to the user's columns. Ids are texts, since nothing says what they are made of. */
export const SYSTEM_COLUMN_TYPES: ReadonlyMap<string, string> = new Map([
  ['trdm_sk', 'text'],
  ['trdm_record_id', 'text'],
  ['trdm_state', 'text'],
  ['trdm_created_at', 'timestamptz'],
  ['trdm_effective_from', 'timestamptz'],
  ['trdm_effective_to', 'timestamptz'],
  ['trdm_is_deleted', 'boolean'],
  ['trdm_actor_type', 'text'],
  ['trdm_actor_id', 'text'],
  ['trdm_updated_at', 'timestamptz'],
  ['trdm_updated_by', 'text'],
  ['trdm_tran_code', 'text'],
]);

/** What identifies a version of a record: the key of a table that holds histories. */
export const VERSION_KEY = ['trdm_record_id', 'trdm_sk'] as const;

/** When a row was deleted in TitanRDM, in tables whose connection says `deletes: soft`; NULL for rows that are there. */
export const DELETED_AT_COLUMN = 'tidemark_deleted_at';
