import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a program with `input` on its standard input and returns what it wrote to its standard output; its errors go to ours. It ends
 * with us. Throws when its exit code is not 0.
 */
export async function runChild(
  file: string,
  args: readonly string[],
  { what, input, env = process.env }: { what: string; input: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const end = (): void => void child.kill();
  process.once('exit', end);
  try {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    // One that ends early does not read to the end: its exit code says enough.
    child.stdin.on('error', () => undefined).end(input);
    // The 'close' event's arguments: exit code and signal.
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (code !== 0)
      throw new Error(`${what} ended with ${code === null ? (signal ?? 'nothing') : `exit code ${code}`}.`);
    return output;
  } finally {
    process.off('exit', end);
  }
}
