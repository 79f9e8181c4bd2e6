import { Context } from '@temporalio/activity';
import { INDEXED_VALUE_TYPES, SEARCH_ATTRIBUTES, type SearchAttributeName } from '../../contracts/search-attributes.js';

/** What the namespace lacks is asked for again after this long: somebody may register it while workers are up. */
const ASK_AGAIN_MS = 60_000;
const PATIENCE_MS = 5_000;

/** Finds out, once per worker, which of Tidemark's search attributes its namespace has. */
export class KnownSearchAttributes {
  private found: Promise<SearchAttributeName[]> | undefined;
  private askedAt = 0;

  /** `wanted`: those that the config allows. */
  constructor(private readonly wanted: readonly SearchAttributeName[]) {}

  /** Upserting one that is not registered, or is of another type, would block the workflow: only what is certain counts. */
  async names(): Promise<SearchAttributeName[]> {
    if (this.found === undefined) {
      this.askedAt = Date.now();
      this.found = this.ask();
    }
    const names = await this.found;
    if (names.length < this.wanted.length && Date.now() - this.askedAt > ASK_AGAIN_MS) this.found = undefined;
    return names;
  }

  private async ask(): Promise<SearchAttributeName[]> {
    try {
      const { connection } = Context.current().client;
      const { namespace } = Context.current().info;
      // Enum values of the API are numbers.
      const { customAttributes }: { customAttributes: Record<string, number> } = await connection.withDeadline(
        Date.now() + PATIENCE_MS,
        () => connection.operatorService.listSearchAttributes({ namespace }),
      );
      return this.wanted.filter((name) => customAttributes[name] === INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]);
    } catch (error) {
      // A server without the call, or an identity that may not use it: runs work the same without.
      Context.current().log.info('search attributes are left out: the namespace does not say which it has', {
        reason: error instanceof Error ? error.message : String(error),
      });
      return [];
    }
  }
}
