import { execFile } from 'node:child_process';

export interface ProgramResult {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunProgramOptions {
  timeoutMs: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Ids of the user that it runs as; only root may say. */
  uid?: number;
  gid?: number;
}

/** Runs a program to its end. Rejects when it cannot be started or does not end in time; a non-zero exit is a result. */
export type RunProgram = (file: string, args: readonly string[], options: RunProgramOptions) => Promise<ProgramResult>;

export const runProgram: RunProgram = (file, args, { timeoutMs, ...rest }) =>
  new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024, ...rest } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (error.killed === true) reject(new Error(`did not end within ${timeoutMs / 1000} s`));
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else if (error.signal != null) resolve({ code: null, stdout, stderr });
      else reject(new Error(error.code === 'ENOENT' ? 'no such program' : `cannot be run (${String(error.code)})`));
    });
  });

/** The last line that says something: what a failed program's output boils down to. */
export function lastLine(text: string, limit = 300): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '').trim().slice(0, limit);
}
