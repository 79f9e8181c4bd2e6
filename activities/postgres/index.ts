import type { PostgresActivities } from '../../contracts/activities.js';
import type { PostgresDependencies } from './dependencies.js';
import { ingestActivities } from './ingest.js';
import { byName } from './sources/define.js';

export type { PostgresDatabase, PostgresDependencies } from './dependencies.js';
export type { SourceContext, SourceFunction } from './sources/context.js';
export { defineHook, defineSource, type DefinedHook, type DefinedSource, type SourceHabits } from './sources/define.js';

/** All steps of `postgresIngest`, made from what they may use. Error `NAME_TAKEN` for two sources or hooks of one name. */
export function createPostgresActivities(dependencies: PostgresDependencies): PostgresActivities {
  byName('source', dependencies.sources ?? []);
  byName('hook', dependencies.hooks ?? []);
  return ingestActivities(dependencies);
}
