import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { STORE, TENANT, type Cell } from './cell.js';
import { Findings } from './findings.js';
import { ABBREVIATION, BRANCH, DOMAIN, POLL, TABLES, type Attempt, type Scenario, type Stage } from './scenario.js';
import type { Row } from './table-model.js';

const PATTERNS = ['full', 'incremental_upsert_only', 'incremental_with_delete'] as const;

const resultSchema = z.object({
  totals: z.object({ failed: z.number(), rows: z.number() }),
  tables: z.array(z.object({ table: z.string(), status: z.string(), rows: z.number() })),
});

/** A domain by convention, each table replacing its file. Before each run the data at the server change. */
export const conventionDownload: Scenario = {
  name: 'convention-download',
  direction: 'download',
  next: async (stage): Promise<Attempt> => {
    const { cell, models, random } = stage;
    const old = new Map<string, string | undefined>();
    for (const [name, model] of models) {
      old.set(name, await fileOf(cell, name));
      const load = model.nextLoad(PATTERNS[random.below(PATTERNS.length)] ?? 'full');
      await cell.tenant.load(BRANCH, name.toUpperCase(), load.pattern, load.csv);
      load.commit();
    }
    return {
      workflow: 'titanConventionDownload',
      input: {
        connection: TENANT,
        branch: { name: BRANCH },
        domain: DOMAIN,
        tables: Object.keys(TABLES),
        store: STORE,
        poll: POLL,
      },
      midway: () => judgeMidway(stage, old),
      look: () => judgeFiles(stage),
      judge: (result) => judgeDownload(stage, result),
    };
  },
};

/** A reader finds the old table or the new one, each whole. */
async function judgeMidway({ cell, models, findings }: Stage, old: Map<string, string | undefined>): Promise<void> {
  for (const [name, model] of models) {
    const now = await fileOf(cell, name);
    if (now === old.get(name)) continue;
    const against = new Findings(() => 'midway');
    against.compareRows(name, model.liveRows(), now === undefined ? [] : parseRows(now));
    findings.expect(against.total() === 0, `midway neither the old nor the new file: ${against.words.join('; ')}`);
  }
}

async function judgeDownload(stage: Stage, result: unknown): Promise<void> {
  const { models, findings } = stage;
  const { totals, tables } = resultSchema.parse(result);
  findings.expect(totals.failed === 0, `${totals.failed} tables failed`);
  for (const [name, model] of models) {
    const rows = model.liveRows().size;
    const told = tables.find((each) => each.table === name);
    findings.expect(told?.status === 'success', `the result says of ${name}: ${told?.status ?? 'nothing'}`);
    findings.expect(told?.rows === rows, `the result says ${told?.rows ?? 0} rows of ${name}, not ${rows}`);
  }
  await judgeFiles(stage);
}

/** Every table's file, and no other one. */
async function judgeFiles({ cell, models, findings }: Stage): Promise<void> {
  const expected = [...models.keys()].map((name) => `${ABBREVIATION}_${name}.csv`);
  const files = await readdir(cell.storeFolder, { recursive: true });
  const strange = files.filter((file) => !expected.includes(file) && !(cell.hasFrozen() && file.endsWith('.tmp')));
  findings.expect(strange.length === 0, `the store holds ${strange.join(', ')}`);
  for (const [name, model] of models) {
    findings.compareRows(name, model.liveRows(), parseRows((await fileOf(cell, name)) ?? ''));
  }
}

/** Undefined when there is none. */
async function fileOf(cell: Cell, name: string): Promise<string | undefined> {
  const file = path.join(cell.storeFolder, `${ABBREVIATION}_${name}.csv`);
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Keeps NULL and the empty string apart. A row that was cut off is one with values missing. */
function parseRows(csv: string): Row[] {
  return parse(csv, {
    columns: true,
    relax_column_count: true,
    relax_quotes: true,
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });
}
