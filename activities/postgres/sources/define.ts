import { TidemarkError } from '../../../contracts/errors.js';
import type { BeforeVisible } from '../../../connectors/postgres/port.js';
import type { SourceFunction } from './context.js';

/** What is known of a source beside its name. */
export interface SourceHabits {
  /**
   * The next batch may be asked for as soon as the rows of the one before are used up, before that one is committed: with `sessions: 2` it
   * is copied meanwhile then. Not for a source that takes the question for news that its rows have arrived, to delete them where they came
   * from. Left out: false.
   */
  askAhead?: boolean;
}

/** A source that workflow inputs name: `source: { type: 'source', name }`. */
export interface DefinedSource extends SourceHabits {
  name: string;
  batches: SourceFunction;
}

/**
 * Names a source of your own, for `postgresPlugin({ sources: [...] })`.
 *
 * @example
 * const tickets = defineSource('tickets', async function* (highWatermark, { tables: [table], signal }) {
 *   for await (const page of api.ticketsSince(highWatermark, { signal }))
 *     yield { highWatermark: page.next, rows: page.items.map((item) => [table, [item.id, item.title]]) };
 * });
 */
export function defineSource(name: string, batches: SourceFunction, habits: SourceHabits = {}): DefinedSource {
  return { ...habits, name, batches };
}

/** A hook that workflow inputs name: `onBeforeVisible`. */
export interface DefinedHook {
  name: string;
  run: (batch: BeforeVisible) => Promise<void> | void;
}

/**
 * Names a hook, for `postgresPlugin({ hooks: [...] })`: it runs once per table and batch, in the batch's transaction, before anyone
 * else sees the rows. What it throws rolls the batch back.
 */
export function defineHook(name: string, run: DefinedHook['run']): DefinedHook {
  return { name, run };
}

/** By name. Throws `NAME_TAKEN` when two have the same. */
export function byName<T extends { name: string }>(kind: string, things: readonly T[]): Record<string, T> {
  const named: Record<string, T> = {};
  for (const thing of things) {
    if (Object.hasOwn(named, thing.name))
      throw new TidemarkError(`Two ${kind}s have the name '${thing.name}'.`, {
        code: 'NAME_TAKEN',
        retryable: false,
        mend: 'Give one of them another name.',
      });
    named[thing.name] = thing;
  }
  return named;
}
