import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compareRows } from '../examples/reference-data/demo/compare.js';
import type { Row } from '../examples/reference-data/demo/csv.js';

const FOLDER = path.resolve('examples/reference-data');

describe('the example project', () => {
  it('takes three real tables up, corrects them, takes them into PostgreSQL and back, and down, finds every value the same, and exits with 0', async () => {
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      TEMPORAL_ADDRESS: process.env['TIDEMARK_TEST_TEMPORAL_ADDRESS'],
      TIDEMARK_WEB_UI: 'http://ui.example',
    };
    const demo = spawn(process.execPath, [path.resolve('.tidemark/build/examples/reference-data/demo.js')], {
      cwd: FOLDER,
      env,
    });
    let printed = '';
    for (const stream of [demo.stdout, demo.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    // 'close' of a child process brings its exit code.
    const [code] = (await once(demo, 'close')) as [number | null];
    expect(printed).toContain('zip_codes   42,049 rows sent: 42,049 inserted, 0 updated, 0 deleted');
    expect(printed).toContain('countries        5 rows sent: 1 inserted, 3 updated, 1 deleted');
    expect(printed).toContain('airports     3,375 rows: success');
    expect(printed).toContain('airports     3,374 rows sent: 0 inserted, 0 updated, 1 deleted');
    expect(printed).toContain('countries      250 rows sent: 0 inserted, 1 updated, 0 deleted');
    expect(printed).toContain('279,918 values in 45,674 rows: all are the same.');
    expect(printed).toContain('Athlete Profile: success. 10 of 10 rows upserted, 0 failed, 0 not attempted.');
    expect(printed).toContain('80 values compared: all are the same.');
    expect(
      printed.match(
        /http:\/\/ui\.example\/namespaces\/\w+\/workflows\/reference-data%2F(upload|corrections|into-warehouse|from-warehouse|download)\/[0-9a-f-]+\/history/g,
      ),
    ).toHaveLength(5);
    expect(code).toBe(0);
  }, 240_000);

  it('would tell of every value that differs', () => {
    const row = (id: string, value: string | null): Row => ({ id, value });
    const expected = new Map(
      [row('1', '00501'), row('2', null), row('3', '1.10')].map((each) => [String(each['id']), each]),
    );
    const received = [row('1', '501'), row('2', ''), row('4', 'x'), row('4', 'x')];
    expect(compareRows('t', 'id', expected, received).differences).toEqual([
      't: 1 keys came twice',
      't 1, value: sent "00501", received "501"',
      't 2, value: sent null, received ""',
      't 3: did not come back',
      't 4: came, though it was not sent',
    ]);
  });
});
