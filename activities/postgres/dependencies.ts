import type { TableStore } from '../../connectors/tables/index.js';
import type { Postgres } from '../../connectors/postgres/client.js';
import type { TitanRdmConnection } from '../titanrdm/index.js';
import type { DefinedHook, DefinedSource } from './sources/define.js';

/** A database as the activities use it. */
export interface PostgresDatabase {
  client: Postgres;
  /** Queries that a source may name, each a single SELECT. */
  queries?: Readonly<Record<string, string>>;
  /** Whether a source may hold SQL of its own. */
  allowQueries?: boolean;
}

/** What the PostgreSQL activities are made from: no globals. */
export interface PostgresDependencies {
  databases: Readonly<Record<string, PostgresDatabase>>;
  /** For sources of type `files`. */
  stores?: Readonly<Record<string, TableStore>>;
  /** For sources of type `titanrdm`. */
  titanrdm?: Readonly<Record<string, TitanRdmConnection>>;
  sources?: readonly DefinedSource[];
  hooks?: readonly DefinedHook[];
  /** Most rows of a source of type `rows`; see `refuseManyRows`. */
  maxInlineRows?: number;
}
