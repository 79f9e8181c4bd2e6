import path from 'node:path';

/** The checkout. */
export const ROOT = process.env['TIDEMARK_ROOT'] ?? process.cwd();

/** Where the scripts put the JavaScript of every TypeScript source (`scripts/lib/transpile.mjs`). */
export const BUILD = path.join(ROOT, '.tidemark', 'build');

/** The JavaScript of one of this folder's programs. */
export function programFile(name: string): string {
  return path.join(BUILD, 'test', 'faults', `${name}.js`);
}
