import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { BUILD } from './faults/programs.js';

const MODULE = path.join(BUILD, 'workers', 'tune-process.js');
const TUNED = `(await import(${JSON.stringify(MODULE)})).tuneProcess();`;

/** What a program of its own has assigned to `found`. */
async function run(program: string): Promise<unknown> {
  const args = [
    '--expose-gc',
    '--input-type=module',
    '--eval',
    `${program}; process.stdout.write(JSON.stringify(found))`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as unknown;
}

it('in a tuned process the memory of dead buffers is free as soon as they are collected', async () => {
  const counted = await run(`${TUNED}
    const found = [];
    for (let round = 0; round < 10; round += 1) {
      let held = Array.from({ length: 1_000 }, () => Buffer.allocUnsafeSlow(65_536));
      held = undefined;
      gc();
      found.push(process.memoryUsage().arrayBuffers);
    }`);
  expect(counted).toHaveLength(10);
  // 65 MB were alive each time; otherwise most of them would be counted still.
  for (const bytes of counted as number[]) expect(bytes).toBeLessThan(10_000_000);
});

it('a process is tuned when V8 is not looking through its heap on other threads', async () => {
  const program = `
    import { writeSync } from 'node:fs';
    const { tuneProcess } = await import(${JSON.stringify(MODULE)});
    const lives = Array.from({ length: 300_000 }, (_, row) => ({ row, text: 'row ' + row }));
    writeSync(1, 'loaded\\n');
    tuneProcess();
    writeSync(1, lives.length === 300_000 ? 'tuned\\n' : '')`;
  const traced = ['--trace-gc', '--trace-incremental-marking', '--stress-incremental-marking'];
  const args = [...traced, '--input-type=module', '--eval', program];
  // When V8 looks through the heap is its own affair: a run counts when it was about it right before.
  let before = '';
  let wasLooking = false;
  for (let tries = 0; tries < 20 && !wasLooking; tries += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 100_000_000 });
    const parts = stdout.split('tuned\n');
    expect(parts).toHaveLength(2);
    before = parts[0] ?? '';
    const loaded = before.slice(0, before.indexOf('loaded\n'));
    wasLooking = loaded.lastIndexOf('Start marking') > loaded.lastIndexOf('Mark-Compact');
  }
  expect(wasLooking).toBe(true);
  expect(before.lastIndexOf('Mark-Compact')).toBeGreaterThan(before.lastIndexOf('Start marking'));
});

it('threads of a process that was started with --expose-gc still have gc when it is tuned and settled', async () => {
  const found = await run(`
    const { Worker } = await import('node:worker_threads');
    const { settleProcess, tuneProcess } = await import(${JSON.stringify(MODULE)});
    tuneProcess();
    settleProcess();
    const thread = new Worker('require("node:worker_threads").parentPort.postMessage(typeof gc)', { eval: true, execArgv: [] });
    const found = await new Promise((resolve) => thread.once('message', resolve))`);
  expect(found).toBe('function');
});

it('in a tuned process the heap is looked through in one go', async () => {
  const fill = `
    const lives = Array.from({ length: 300_000 }, (_, row) => ({ row, text: 'row ' + row }));
    const passing = [];
    for (let row = 0; row < 6_000_000; row += 1) passing[row % 50_000] = { row, text: 'row ' + row };
    process.stdout.write(lives.length + passing.length === 350_000 ? 'filled' : '')`;
  const traced = ['--trace-gc', '--trace-incremental-marking', '--input-type=module', '--eval'];
  const [plain = '', tuned = ''] = await Promise.all(
    [`console.log('begins'); ${fill}`, `${TUNED} console.log('begins'); ${fill}`].map(async (program) => {
      const { stdout } = await promisify(execFile)(process.execPath, [...traced, program], { maxBuffer: 100_000_000 });
      return stdout.slice(stdout.indexOf('begins'));
    }),
  );
  // Both have been looked through meanwhile, one of them in steps: or nothing is shown.
  for (const trace of [plain, tuned]) expect(trace).toMatch(/Mark-Compact.*filled/su);
  expect(plain).toContain('Start marking');
  expect(tuned).not.toContain('Start marking');
});

it('what loading and starting have left behind is collected when the worker is made', async () => {
  const [before, after] = (await run(`
    const { settleProcess } = await import(${JSON.stringify(MODULE)});
    let start = Array.from({ length: 300_000 }, (_, row) => ({ row, text: 'row ' + row }));
    start = undefined;
    const found = [process.memoryUsage().heapUsed];
    settleProcess();
    found.push(process.memoryUsage().heapUsed)`)) as [number, number];
  expect(after).toBeLessThan(before / 2);
});
