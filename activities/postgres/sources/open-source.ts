import type { PostgresIngestOptions } from '../../../contracts/postgres-inputs.js';
import { named } from '../../registry.js';
import type { PostgresDependencies } from '../dependencies.js';
import type { OpenedSource } from './context.js';
import { byName } from './define.js';
import { filesSource } from './files.js';
import { querySource } from './query.js';
import { rowsSource } from './rows.js';
import { titanSource } from './titanrdm.js';

export interface SourceToAsk {
  batches: OpenedSource;
  /** Whether it may be asked for the next batch before the one before is committed. */
  askAhead: boolean;
}

/** The source that an input names. Error `UNKNOWN_CONNECTION` and those of the kind of source. */
export function openSource(options: PostgresIngestOptions, dependencies: PostgresDependencies): SourceToAsk {
  const { source } = options;
  switch (source.type) {
    case 'rows':
      return { batches: rowsSource(source), askAhead: false };
    case 'query':
      // From the target itself it may read the very table that the batch before is to arrive in.
      return { batches: querySource(source, dependencies), askAhead: source.connection !== options.target };
    case 'files':
      return { batches: filesSource(source, options, dependencies), askAhead: true };
    case 'titanrdm':
      return { batches: titanSource(source, dependencies), askAhead: false };
    case 'source': {
      const { batches, askAhead = false } = named('source', byName('source', dependencies.sources ?? []), source.name);
      return { batches, askAhead };
    }
  }
}
