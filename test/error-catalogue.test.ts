import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { allErrors } from '../cli/actions/errors.js';

/** Every code that the sources give to an error. */
function codesInSources(): string[] {
  const rooms = ['contracts', 'connectors', 'activities', 'workflows', 'workers', 'cli'];
  const files = rooms.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' }).map((name) => path.join(room, name)),
  );
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(file, 'utf8'));
  const patterns = [
    /\bcode: '(\w+)'/g,
    /(?:titanError|amsError|ConfigError|ended|nonRetryable)\([^;]{0,80}?'([A-Z]+_[A-Z_]+)'/g,
  ];
  const codes = sources.flatMap((source) =>
    patterns.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]!)),
  );
  // zod's own issues have codes in lower case.
  return [...new Set(codes)].filter((code) => /^[A-Z]/.test(code));
}

describe('the catalogue of errors', () => {
  it('has every code that the sources give to an error', () => {
    const codes = codesInSources();
    expect(codes.length).toBeGreaterThan(40);
    expect(codes.filter((code) => !Object.hasOwn(allErrors, code))).toEqual([]);
  });

  it('says for each what it means and what to do, in sentences', () => {
    for (const { meaning, mend } of Object.values(allErrors)) {
      expect(meaning).toMatch(/^[A-Z`"'].*\.$/s);
      expect(mend).toMatch(/\.$/);
    }
  });
});
