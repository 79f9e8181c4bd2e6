import type { RunProgram } from './run-program.js';
import { lastLine } from './run-program.js';
import type { ServerBinary } from './server-binary.js';

/** Long enough for the first start of a 150 MB program on a busy machine. */
const PROBE_TIMEOUT_MS = 60_000;

/** Throws unless the file really is the program that it should be, and runs on this machine. */
export async function verifyExecutable(path: string, binary: ServerBinary, run: RunProgram): Promise<void> {
  const { stdout, stderr, code } = await run(path, binary.probe.args, { timeoutMs: PROBE_TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new Error(`${path} ${error instanceof Error ? error.message : 'cannot be run'}`);
    },
  );
  if (binary.probe.answer.test(`${stdout}\n${stderr}`)) return;
  const said = lastLine(stderr) || lastLine(stdout) || 'nothing';
  throw new Error(
    `${path} is not a ${binary.title}: ${binary.probe.args.join(' ')} ended with ${String(code)} and said: ${said}`,
  );
}
