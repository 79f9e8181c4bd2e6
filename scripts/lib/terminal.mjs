import { spawnSync } from 'node:child_process';

/** util-linux's `script`, which gives a program a terminal of its own to test with. Undefined when there is none: BSD's takes other options. */
export function findTerminal() {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return stdout?.includes('util-linux') === true ? 'script' : undefined;
}
