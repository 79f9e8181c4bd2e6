import { z } from 'zod';
import { STORE, TENANT } from './cell.js';
import { Consumer } from './consumer.js';
import { BRANCH, DOMAIN, POLL, TABLES, type Attempt, type Scenario, type Stage } from './scenario.js';

const PATTERNS = ['full', 'incremental_upsert_only', 'incremental_with_delete'] as const;

const resultSchema = z.object({
  totals: z.object({ failed: z.number(), rows: z.number() }),
  tables: z.array(
    z.object({ table: z.string(), status: z.string(), rows: z.number(), lastChange: z.string().nullish() }),
  ),
});

const consumers = new WeakMap<Stage, Consumer>();

/**
 * A domain by convention. Before each run the data at the server change; then either each table replaces its file, or what changed since
 * the mark of the run before arrives as deltas.
 */
export const conventionDownload: Scenario = {
  name: 'convention-download',
  direction: 'download',
  next: async (stage): Promise<Attempt> => {
    const { cell, models, random } = stage;
    const consumer = consumers.get(stage) ?? new Consumer(stage);
    consumers.set(stage, consumer);
    for (const [name, model] of models) {
      const load = model.nextLoad(PATTERNS[random.below(PATTERNS.length)] ?? 'full');
      await cell.tenant.load(BRANCH, name.toUpperCase(), load.pattern, load.csv);
      load.commit();
    }
    const highWaterMark = random.next() < 0.4 ? consumer.mark() : undefined;
    return {
      workflow: 'titanConventionDownload',
      input: {
        connection: TENANT,
        branch: { name: BRANCH },
        domain: DOMAIN,
        tables: Object.keys(TABLES),
        store: STORE,
        poll: POLL,
        ...(highWaterMark === undefined ? {} : { pattern: 'incremental', highWaterMark }),
      },
      midway: () => consumer.lookMidway(),
      look: () => consumer.look(),
      judge: async (result) => {
        const { totals, tables } = resultSchema.parse(result);
        judgeResult(stage, totals, tables, highWaterMark === undefined);
        await (highWaterMark === undefined ? consumer.takeTables(tables) : consumer.takeDeltas(tables));
      },
    };
  },
};

type Result = z.output<typeof resultSchema>;

function judgeResult({ models, findings }: Stage, totals: Result['totals'], tables: Result['tables'], whole: boolean) {
  findings.expect(totals.failed === 0, `${totals.failed} tables failed`);
  for (const [name, model] of models) {
    const told = tables.find((each) => each.table === name);
    findings.expect(told?.status === 'success', `the result says of ${name}: ${told?.status ?? 'nothing'}`);
    const rows = model.liveRows().size;
    findings.expect(!whole || told?.rows === rows, `the result says ${told?.rows ?? 0} rows of ${name}, not ${rows}`);
  }
}
