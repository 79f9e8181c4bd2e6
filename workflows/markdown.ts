// Pieces of the current details that the Web UI renders.

const MAX_CELL = 120;

/** Phases that are over when they begin. */
export const ENDS = ['done', 'failed', 'cancelled'];

/** The renderer's tables have no space between columns: an em space is one, and no parser of markdown strips it. */
export function row([first = '', ...others]: string[]): string {
  return `|${first}|${others.map((cell) => (cell === '' ? '' : `\u2003${cell}`)).join('|')}|`;
}

/** `2026-11-21 10:39:21`, UTC. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

/** Text of others as it is: no table's name, and no server's message, becomes markup, a link or a picture that the browser loads. */
export function text(given: string, max = MAX_CELL): string {
  const cut = given.length <= max ? given : `${given.slice(0, max - 1)}…`;
  return cut.replaceAll(/\s+/gu, ' ').replaceAll(/[\\`*[\]<>|~]|\b_|_\b/gu, '\\$&');
}
