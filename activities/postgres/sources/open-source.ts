import type { PostgresIngestOptions } from '../../../contracts/postgres-inputs.js';
import { named } from '../../registry.js';
import type { PostgresDependencies } from '../dependencies.js';
import type { OpenedSource } from './context.js';
import { byName } from './define.js';
import { filesSource } from './files.js';
import { querySource } from './query.js';
import { rowsSource } from './rows.js';
import { titanSource } from './titanrdm.js';

/** The source that an input names. Error `UNKNOWN_CONNECTION` and those of the kind of source. */
export function openSource(options: PostgresIngestOptions, dependencies: PostgresDependencies): OpenedSource {
  const { source } = options;
  switch (source.type) {
    case 'rows':
      return rowsSource(source);
    case 'query':
      return querySource(source, dependencies);
    case 'files':
      return filesSource(source, options, dependencies);
    case 'titanrdm':
      return titanSource(source, dependencies);
    case 'source':
      return named('source', byName('source', dependencies.sources ?? []), source.name).batches;
  }
}
