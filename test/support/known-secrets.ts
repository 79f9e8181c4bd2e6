import { appendFileSync, existsSync, readFileSync } from 'node:fs';

// Secrets that tests made and lines that their workers logged, on files of the whole test run: `secrets.test.ts` searches for the ones
// in the others, and in every history. The files are named by jest's global set-up.

/** To be called with each secret that a test uses: client secrets, tokens. */
export function noteSecrets(secrets: readonly string[]): void {
  append('TIDEMARK_TEST_SECRETS', secrets);
}

/** To be called with each line that a worker logs. */
export function noteLogLine(line: string): void {
  append('TIDEMARK_TEST_LOG', [line]);
}

export function knownSecrets(): string[] {
  return [...new Set(lines('TIDEMARK_TEST_SECRETS'))];
}

export function loggedLines(): string[] {
  return lines('TIDEMARK_TEST_LOG');
}

function append(variable: string, texts: readonly string[]): void {
  const file = process.env[variable];
  // One write each: test files run at the same time.
  if (file !== undefined && texts.length > 0) appendFileSync(file, texts.map((text) => `${text}\n`).join(''));
}

function lines(variable: string): string[] {
  const file = process.env[variable];
  if (file === undefined || !existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
