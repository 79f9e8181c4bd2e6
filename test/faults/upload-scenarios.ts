import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { UploadPattern } from '../../contracts/titan-common.js';
import { STORE, TENANT } from './cell.js';
import { judgeServer, judgeTables } from './judge-server.js';
import { ABBREVIATION, BRANCH, DOMAIN, POLL, type AttemptOptions, type Scenario, type Stage } from './scenario.js';
import type { Load } from './table-model.js';

const PATTERNS: UploadPattern[] = ['full', 'incremental_upsert_only', 'incremental_with_delete', 'auto'];
/** Characters by which each row of a large table is fattened: some 10 MB in all. */
const PADDING = 10_000;

const resultSchema = z.object({
  totals: z.object({ tables: z.number(), success: z.number(), failed: z.number(), rows: z.number() }),
  tables: z.array(z.object({ table: z.string(), status: z.string(), rows: z.number() })),
});

/** A new load for every table, as a file of the store under its convention key. */
async function writeSources({ cell, models, random }: Stage, { large }: AttemptOptions): Promise<Map<string, Load>> {
  const loads = new Map<string, Load>();
  for (const [index, [name, model]] of [...models].entries()) {
    const pattern = PATTERNS[random.below(PATTERNS.length)] ?? 'full';
    const load = model.nextLoad(pattern, large && index === 0 ? PADDING : 0);
    await writeFile(path.join(cell.storeFolder, `${ABBREVIATION}_${name}.csv`), load.csv);
    loads.set(name, load);
  }
  return loads;
}

/** An import is applied as a whole or not at all. */
async function judgeMidway({ cell, models, findings }: Stage, loads: Map<string, Load>): Promise<void> {
  const { tables } = await cell.sandbox.state();
  const applied = [...models].map(([name, model]) => {
    const versions = tables.find((each) => each.conventionKey === model.conventionKey)?.versions ?? 0;
    if (versions === model.versions()) return 'no';
    return versions === model.versions() + (loads.get(name)?.versions ?? 0) ? 'yes' : 'half';
  });
  findings.expect(new Set(applied).size === 1 && !applied.includes('half'), `applied midway: ${applied.join(', ')}`);
}

async function judgeUpload(
  stage: Stage,
  loads: Map<string, Load>,
  before: Awaited<ReturnType<Stage['cell']['sandbox']['state']>>,
  result: unknown,
): Promise<void> {
  for (const load of loads.values()) load.commit();
  const { findings } = stage;
  const { totals, tables } = resultSchema.parse(result);
  for (const [name, load] of loads) {
    const told = tables.find((each) => each.table === name);
    findings.expect(told?.status === 'success', `the result says of ${name}: ${told?.status ?? 'nothing'}`);
    findings.expect(told?.rows === load.rows, `the result says ${told?.rows ?? 0} rows of ${name}, not ${load.rows}`);
  }
  findings.expect(totals.failed === 0, `${totals.failed} tables failed`);
  await judgeServer({ ...stage, sandbox: stage.cell.sandbox }, before);
}

/** Tables of the store, each with a pattern of its own, and a few rows inline, as one batch. */
export const importBatch: Scenario = {
  name: 'import-batch',
  direction: 'upload',
  next: async (stage, options) => {
    const loads = await writeSources(stage, options);
    const before = await stage.cell.sandbox.state();
    // Rows that a caller passes inline are in the history: they bear no mark.
    const inline = { code: '00007', region: 'west', label: 'given inline', amount: '1.10', note: '', generation: 1 };
    return {
      workflow: 'titanImportBatch',
      input: {
        connection: TENANT,
        branch: { name: BRANCH },
        poll: POLL,
        tables: [
          ...[...loads].map(([name, { pattern }]) => ({
            target: { domain: DOMAIN, name },
            source: { connection: STORE, table: `${ABBREVIATION}_${name}` },
            pattern,
          })),
          { target: { domain: DOMAIN, name: 'INLINE' }, source: { rows: [inline] } },
        ],
      },
      midway: () => judgeMidway(stage, loads),
      look: () => judgeTables({ ...stage, sandbox: stage.cell.sandbox }),
      judge: (result) => judgeUpload(stage, loads, before, result),
    };
  },
};

/** A domain by convention, as one batch. The table that has no file is skipped. */
export const conventionUpload: Scenario = {
  name: 'convention-upload',
  direction: 'upload',
  next: async (stage, options) => {
    const loads = await writeSources(stage, options);
    const before = await stage.cell.sandbox.state();
    return {
      workflow: 'titanConventionUpload',
      input: {
        connection: TENANT,
        branch: { name: BRANCH },
        domain: DOMAIN,
        store: STORE,
        poll: POLL,
        patterns: Object.fromEntries([...loads].map(([name, { pattern }]) => [name, pattern])),
      },
      midway: () => judgeMidway(stage, loads),
      look: () => judgeTables({ ...stage, sandbox: stage.cell.sandbox }),
      judge: (result) => judgeUpload(stage, loads, before, result),
    };
  },
};
