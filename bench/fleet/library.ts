import { startProgram } from '../programs/program.js';
import type { FleetLibraryProgram } from '../programs/fleet-library.js';
import { median, type Sample } from '../rounds.js';
import { refuseWrong, wrongInTable } from './check.js';
import { tableOf } from './pipelines.js';
import type { FleetSurroundings } from './surroundings.js';
import { contentOf } from './tables.js';

/** Runs so far, by the database that they went to. */
const runsIn = new WeakMap<object, number>();

/** As many ingests as there are pipelines, into tables of their own, by the library in a new process; what they leave is looked at. */
export async function runLibrary(
  { fleet, database }: FleetSurroundings,
  lanes: number,
  isOneByOne: boolean,
): Promise<Sample> {
  const { access, rows } = fleet;
  const tables = fleet.pipelines.map((_, index) => tableOf('library', index));
  const program = startProgram<FleetLibraryProgram>(new URL('../programs/fleet-library.js', import.meta.url));
  const { each, ...sample } = await program.call('run', { access, tables, rows, lanes }).finally(() => program.stop());
  const runs = (runsIn.get(database) ?? 0) + 1;
  runsIn.set(database, runs);
  const contents = await contentOf(database, tables);
  refuseWrong(contents.map((content, index) => wrongInTable(tables[index]?.name ?? '', runs, rows, content)));
  return isOneByOne ? { ...sample, seconds: median(each) } : sample;
}
