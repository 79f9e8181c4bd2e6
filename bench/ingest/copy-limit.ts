import { existsSync } from 'node:fs';
import path from 'node:path';
import { runChild } from '../run-child.js';
import { startProgram } from '../programs/program.js';
import type { CopyProgram } from '../programs/copy.js';
import type { Sample } from '../rounds.js';

/** A statement, or a COPY of a file into a table. */
export type Step = { sql: string } | { copy: string; file: string; format: 'csv' | 'text' | 'binary' };

/** Runs steps one after the other in one session, and nothing else: what PostgreSQL's own tools need. */
export interface CopyLimit {
  /** `psql`, or what stands in for it. */
  by: string;
  run: (url: string, steps: readonly Step[]) => Promise<Sample>;
}

/** psql where there is one; the embedded PostgreSQL comes without. */
export function copyLimit(): CopyLimit {
  const psql = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'psql'))
    .find((file) => existsSync(file));
  return psql === undefined
    ? { by: 'COPY by a pipe of pg-copy-streams (there is no psql)', run: runPipe }
    : { by: "psql's own \\copy", run: (url, steps) => runPsql(psql, url, steps) };
}

/** Seconds are the statements' own, as psql's \timing tells them: without its start and the connecting. */
async function runPsql(psql: string, url: string, steps: readonly Step[]): Promise<Sample> {
  const { password, ...address } = partsOf(url);
  const output = await runChild(psql, ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', '-'], {
    what: 'psql',
    input: ['\\timing on', ...steps.map(line), OWN_MEMORY, ''].join('\n'),
    env: {
      ...process.env,
      ...{ PGHOST: address.host, PGPORT: address.port, PGUSER: address.user, PGDATABASE: address.database },
      PGPASSWORD: password,
      PGCLIENTENCODING: 'UTF8',
      LC_ALL: 'C',
    },
  });
  const times = [...output.matchAll(/^Time: ([\d.]+) ms/gm)].map(([, ms]) => Number(ms));
  if (times.length !== steps.length) throw new Error(`psql timed ${times.length} of ${steps.length} statements.`);
  const kilobytes = /^(?:VmHWM:)?\s*(\d+)(?: kB)?$/m.exec(output)?.[1];
  if (kilobytes === undefined) throw new Error("psql's memory could not be found out.");
  return {
    seconds: times.reduce((sum, ms) => sum + ms, 0) / 1_000,
    peakRssMegabytes: (Number(kilobytes) * 1_024) / 1e6,
  };
}

/** psql asks its shell about itself: Linux's mark of its largest memory, elsewhere what it has at the end, which is no less. */
const OWN_MEMORY = '\\! grep VmHWM /proc/$PPID/status 2>/dev/null || ps -o rss= -p $PPID';

function line(step: Step): string {
  if ('sql' in step) return `${step.sql};`;
  const options = step.format === 'csv' ? 'FORMAT csv, HEADER' : `FORMAT ${step.format}`;
  return `\\copy ${step.copy} FROM '${step.file.replaceAll("'", "''")}' (${options})`;
}

async function runPipe(url: string, steps: readonly Step[]): Promise<Sample> {
  const program = startProgram<CopyProgram>(new URL('../programs/copy.js', import.meta.url));
  return program.call('run', { url, steps: [...steps] }).finally(() => program.stop());
}

function partsOf(url: string) {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}
