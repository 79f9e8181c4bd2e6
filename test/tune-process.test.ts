import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { BUILD } from './faults/programs.js';

const MODULE = path.join(BUILD, 'workers', 'tune-process.js');
const PROGRAM = `
  (await import(${JSON.stringify(MODULE)})).tuneProcess();
  const counted = [];
  for (let round = 0; round < 10; round += 1) {
    let held = Array.from({ length: 1_000 }, () => Buffer.allocUnsafeSlow(65_536));
    held = undefined;
    gc();
    counted.push(process.memoryUsage().arrayBuffers);
  }
  process.stdout.write(JSON.stringify(counted));`;

it('in a tuned process the memory of dead buffers is free as soon as they are collected', async () => {
  const args = ['--expose-gc', '--input-type=module', '--eval', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const counted = JSON.parse(stdout) as number[];
  expect(counted).toHaveLength(10);
  // 65 MB were alive each time; otherwise most of them would be counted still.
  for (const bytes of counted) expect(bytes).toBeLessThan(10_000_000);
});
