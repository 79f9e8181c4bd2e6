import type { Findings } from './findings.js';
import type { SandboxControl, SandboxState } from './sandbox-control.js';
import { ABBREVIATION } from './scenario.js';
import type { TableModel } from './table-model.js';

export interface JudgedServer {
  sandbox: SandboxControl;
  /** By physical name. */
  models: ReadonlyMap<string, TableModel>;
  findings: Findings;
}

/**
 * Holds the server against the models, and sees to it that exactly one import was completed since `before`. Imports that were begun
 * and never completed are harmless.
 */
export async function judgeServer(server: JudgedServer, before: SandboxState): Promise<void> {
  const { sandbox, findings } = server;
  const state = await sandbox.state();
  const completed = (state.imports['completed'] ?? 0) - (before.imports['completed'] ?? 0);
  if (completed > 1) findings.add('duplicated', `${completed} imports were completed`);
  findings.expect(completed > 0, 'no import was completed');
  for (const status of ['failed', 'processing']) {
    const count = (state.imports[status] ?? 0) - (before.imports[status] ?? 0);
    findings.expect(count === 0, `${count} imports are '${status}'`);
  }
  await judgeTables(server);
}

/** Every value, every version written, and how often an import touched each record. */
export async function judgeTables({ sandbox, models, findings }: JudgedServer): Promise<void> {
  const { tables } = await sandbox.state();
  for (const [name, model] of models) {
    const table = `${ABBREVIATION}_${name}`;
    const found = tables.find((each) => each.conventionKey === table);
    findings.compareRows(table, model.liveRows(), await sandbox.rows(table));
    const versions = found?.versions ?? 0;
    if (versions > model.versions())
      findings.add('duplicated', `${versions - model.versions()} versions of ${table} too many`);
    if (versions < model.versions())
      findings.add('lost', `${model.versions() - versions} versions of ${table} too few`);
    judgeApplied(table, found?.timesApplied ?? {}, model.timesApplied(), findings);
  }
}

/** Each maps a number of imports to the number of records that so many have touched. */
function judgeApplied(
  table: string,
  actual: Record<string, number>,
  wanted: Record<string, number>,
  findings: Findings,
): void {
  if (JSON.stringify(actual) === JSON.stringify(wanted)) return;
  const sum = (counts: Record<string, number>): number =>
    Object.entries(counts).reduce((total, [times, records]) => total + Number(times) * records, 0);
  const tooMany = sum(actual) - sum(wanted);
  const words = `records of ${table} were applied ${JSON.stringify(actual)} times, not ${JSON.stringify(wanted)}`;
  if (tooMany > 0) findings.add('duplicated', words, tooMany);
  else if (tooMany < 0) findings.add('lost', words, -tooMany);
  else findings.add('wrong', words);
}
