import process from 'node:process';

// What a command was asked for goes to stdout, one value after another; what it tells meanwhile goes to stderr.

/** Text from servers and files must not move the cursor or ring the bell of whoever reads it: control characters are taken out. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

/** A result, for people. */
export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** A result, for machines: one line of JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A remark that is no result. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** A reader that went away (`tidemark errors | head -1`) is no error of ours: what it does not read is not written. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Resolves when all that was written has left the process (or its reader has gone away). */
export async function written(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
}
