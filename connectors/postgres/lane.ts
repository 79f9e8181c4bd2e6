import type { PoolClient } from 'pg';
import type { IngestedTable } from '../../contracts/postgres-results.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { abortable } from './abortable.js';
import type { IngestSettings } from './ingest-options.js';
import type { Portion } from './load/load.js';
import { TableLoad } from './load/table-load.js';
import type { SideSession } from './parallel/side-session.js';

export interface LoadOptions {
  signal: AbortSignal;
  side: SideSession | undefined;
  /** Told once all rows of the batch are used up, where that is known before the server has them. */
  onUsedUp: (() => unknown) | undefined;
}

/** The tables of a call, as one batch after the other is loaded into them. */
export class Lane {
  readonly #loads: Map<PostgresTable, TableLoad>;
  /** In the order in which they were first loaded with the open batch. */
  readonly #order = new Set<TableLoad>();

  constructor(definitions: readonly PostgresTable[], settings: IngestSettings) {
    this.#loads = new Map(definitions.map((table) => [table, new TableLoad(table, settings)]));
  }

  /** In that order, then those without rows. */
  get inOrder(): TableLoad[] {
    return [...new Set([...this.#order, ...this.#loads.values()])];
  }

  /** Rows of the open batch. */
  get arrived(): number {
    return this.inOrder.reduce((sum, load) => sum + load.arrived, 0);
  }

  async prepare(client: PoolClient, deleteFirst: boolean): Promise<void> {
    for (const load of this.#loads.values()) await load.prepare(client, deleteFirst);
  }

  async load(
    client: PoolClient,
    first: IteratorResult<Portion>,
    portions: AsyncGenerator<Portion>,
    { signal, side, onUsedUp }: LoadOptions,
  ): Promise<void> {
    for (let next = first; next.done !== true;) {
      const load = this.#loads.get(next.value.table);
      if (load === undefined) throw new TypeError('rows of a table that is not of the call');
      this.#order.add(load);
      let asked: Promise<IteratorResult<Portion>> | undefined;
      const onSent = (): void => {
        asked = portions.next();
        // It is waited for below.
        asked.then(({ done }) => done === true && onUsedUp?.()).catch(() => undefined);
      };
      await load.add(client, next.value, { signal, side, onSent: onUsedUp === undefined ? undefined : onSent });
      next = await abortable(asked ?? portions.next(), signal);
    }
  }

  /** Returns the rows that arrived with the batch. */
  committed(): number {
    this.#order.clear();
    return [...this.#loads.values()].reduce((sum, load) => sum + load.committed(), 0);
  }

  rolledBack(): void {
    this.#order.clear();
    for (const load of this.#loads.values()) load.rolledBack();
  }

  results(): IngestedTable[] {
    return [...this.#loads.values()].map((load) => load.result());
  }
}
