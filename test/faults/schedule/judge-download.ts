import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Findings } from '../findings.js';
import { filesBelow, parseRows, textOf } from '../store-files.js';
import { keyOf, type Row, type TableModel } from '../table-model.js';
import { conventionKeyOf, LAG_SECONDS } from './pipelines.js';
import { isWithin, type Span } from './span.js';

/** One version of a record, as it was received. */
interface Version {
  row: Row;
  created: number;
}

interface Received {
  /** Run that a delta belongs to; undefined for the table's own file, which the first run has made. */
  runId: string | undefined;
  at: number;
  versions: Map<string, Version>;
}

/**
 * What has arrived of a table of TitanRDM, delta by delta: every version once, but for those since the mark that a delta began behind; and
 * together they make what the server has.
 */
export async function judgeDownload(
  store: string,
  { name, model, spans, findings }: { name: string; model: TableModel; spans: readonly Span[]; findings: Findings },
): Promise<void> {
  const all = new Map<string, Version>();
  let latest = -Infinity;
  for (const received of await receivedOf(store, conventionKeyOf(name))) {
    judgeMoment(name, received, spans, findings);
    const since = latest - LAG_SECONDS * 1_000 - 1;
    const again = [...received.versions].filter(([id, { created }]) => all.has(id) && created < since);
    if (again.length > 0) {
      const behind = since - Math.min(...again.map(([, { created }]) => created));
      const whose = received.runId ?? 'nobody';
      const what = `${again.length} versions from before the mark came again, up to ${behind} ms before it`;
      findings.add('duplicated', `${name}: ${what}, with the delta of ${whose}`, again.length);
    }
    for (const [id, version] of received.versions) {
      all.set(id, version);
      latest = Math.max(latest, version.created);
    }
  }
  const missing = model.versions() - all.size;
  if (missing > 0)
    findings.add('lost', `${missing} of ${model.versions()} versions of ${name} have not arrived`, missing);
  findings.expect(missing >= 0, `${name} has ${-missing} versions that nobody made`);
  findings.rowsExpected += model.versions();
  findings.compareRows(`${name} by its versions`, model.liveRows(), stateAfter([...all.values()]));
}

/** A delta is of the run that was open when it was written. */
function judgeMoment(name: string, { runId, at }: Received, spans: readonly Span[], findings: Findings): void {
  if (runId === undefined) return;
  const span = spans.find(({ identity }) => identity.endsWith(`/${runId}`));
  if (span === undefined) findings.add('wrong', `Temporal knows nothing of the run that a delta of ${name} names`);
  else if (!isWithin(span, at)) findings.add('overlapped', `a delta of ${name} was written while its run was not open`);
}

/** The table's own file first, then its deltas in the order in which they were written. */
async function receivedOf(store: string, key: string): Promise<Received[]> {
  const found: Received[] = [];
  for (const file of await filesBelow(store)) {
    const base = path.basename(file);
    const isTable = file === `${key}.csv`;
    if (!isTable && !base.startsWith(`${key}.delta-`)) continue;
    const { mtimeMs } = await stat(path.join(store, file));
    const rows = parseRows((await textOf(path.join(store, file))) ?? '');
    found.push({
      runId: isTable ? undefined : base.slice(`${key}.delta-`.length, -'.csv'.length),
      at: mtimeMs,
      versions: new Map(rows.map((row) => [row['trdm_sk'] ?? '', { row, created: createdAt(row) }])),
    });
  }
  const rank = ({ runId, at }: Received): number => (runId === undefined ? -Infinity : at);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Milliseconds since 1970; the server's two-digit offset is none that JavaScript reads. */
const createdAt = (row: Row): number => Date.parse(`${row['trdm_created_at'] ?? ''}:00`);

/** In the order of the versions: the code says what became of the record. */
function stateAfter(versions: Version[]): Row[] {
  const state = new Map<string, Row>();
  for (const { row } of versions.sort((a, b) => a.created - b.created)) {
    if (row['trdm_tran_code'] === 'd') state.delete(keyOf(row));
    else state.set(keyOf(row), row);
  }
  return [...state.values()];
}
