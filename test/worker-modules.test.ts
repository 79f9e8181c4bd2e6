import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { BUILD } from './faults/programs.js';

/** Native libraries that a process has loaded once it has imported a module. */
async function librariesOf(source: string): Promise<string[]> {
  const program = `
    await import(${JSON.stringify(path.join(BUILD, source))});
    process.stdout.write(JSON.stringify(process.report.getReport().sharedObjects));
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout) as string[];
}

describe('the modules of a worker', () => {
  // It takes memory of every worker, and there are systems that it has no library for: they read CSV and rows all the same.
  it.each(['workers/worker.js', 'workers/index.js', 'connectors/postgres/index.js', 'connectors/titanrdm/index.js'])(
    '%s loads no DuckDB before a table needs it',
    async (source) => {
      expect((await librariesOf(source)).filter((file) => /duckdb/iu.test(path.basename(file)))).toEqual([]);
    },
  );

  it('are looked at by what finds DuckDB where it is loaded', async () => {
    expect((await librariesOf('connectors/postgres/binary/index.js')).join('\n')).toMatch(/duckdb/iu);
  });
});
