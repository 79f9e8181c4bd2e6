import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.js';

/** What the image sets for the memory of its process: where memory has a goal, a worker is to take what one in production does. */
export function imageEnvironment(): Record<string, string> {
  const dockerfile = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
  const line = /^ENV (MALLOC_ARENA_MAX=.*)$/mu.exec(dockerfile)?.[1];
  if (line === undefined) throw new Error('the Dockerfile says nothing about the memory of a worker');
  return Object.fromEntries(
    line.split(' ').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
