import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '../../contracts/errors.js';
import type { FindPostgresOptions } from './find-postgres.js';
import { findPostgres, programFile } from './find-postgres.js';
import { freePort } from './free-port.js';
import { untilPostgresAnswers } from './postgres-answers.js';
import type { Cluster } from './postgres-cluster.js';
import { POSTGRES_SUPERUSER, postgresFailed, prepareCluster } from './postgres-cluster.js';
import type { SupervisedProcess } from './supervised-process.js';
import { startSupervised } from './supervised-process.js';

/** The one that every server has. */
const DATABASE = 'postgres';
const START_TIMEOUT_MS = 60_000;
/** A fast shutdown writes out what is in memory; killed before it has, it recovers at the next start. */
const STOP_GRACE_MS = 20_000;
const PAUSE_MS = 100;
/** The server of an owner that was killed a moment ago has yet to end. */
const START_PATIENCE_MS = 5_000;
/** Sessions of a server that was killed outright end by themselves, and hold its shared memory until then. */
const RESTART_PATIENCE_MS = 60_000;
/** What it prints when a port, the data's lock file or shared memory belongs to another. */
const HELD = /could not bind|address already in use|lock file .* already exists|still in use/i;

export interface StartPostgresOptions extends FindPostgresOptions {
  /** Folder that keeps data and password between starts. Default: a temporary one, removed by `stop()` or with this process. */
  dataFolder?: string;
  /** Default 0: a free one. */
  port?: number;
  /** False for tests: a crash of the machine (not of the server) may then destroy the data. Default true. */
  fsync?: boolean;
  /** Default: the server's own, 100. */
  maxConnections?: number;
  /** Further settings of `postgresql.conf`, by name. */
  settings?: Record<string, string | number | boolean>;
  /** Takes the server's log lines, and one line about where it was found. */
  log?: (line: string) => void;
}

export interface PostgresServer {
  /** Address of the database `postgres` with the superuser's password in it: not to be logged. */
  readonly url: string;
  /** The same in parts, as a connection of the config has it. */
  readonly access: { url: string; user: string; password: string };
  readonly port: number;
  /** Process id of the server (the postmaster); another one after `restart()`. */
  readonly pid: number;
  /** For instance `18.4`. */
  readonly version: string;
  /** Where its data are. */
  readonly dataFolder: string;
  /** The latest lines of its log. */
  output: () => string;
  /** Ends the server where it runs, by a fast shutdown, and starts it again with the same address and data; after a kill, too. */
  restart: () => Promise<void>;
  /** Ends the server and removes temporary data. Safe to repeat. */
  stop: () => Promise<void>;
}

/**
 * Starts a PostgreSQL of its own for development and tests: UTF-8, locale C, time zone UTC, listening on 127.0.0.1 only, one superuser
 * `postgres` with a random password (SCRAM). It ends with `stop()` or with this process, however that ends. Where we are root it runs as
 * another user, which PostgreSQL demands.
 *
 * Errors: `POSTGRES_SERVER_NOT_FOUND` (lists what was tried), `POSTGRES_SERVER_FAILED` (with the last lines that it printed).
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const binaries = await findPostgres(options);
  options.log?.(`PostgreSQL ${binaries.version}: ${binaries.bin} (${binaries.by})`);
  const cluster = await prepareCluster(binaries, options.dataFolder);
  try {
    return await startCluster(cluster, options);
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}

async function startCluster(cluster: Cluster, options: StartPostgresOptions): Promise<PostgresServer> {
  let current = await startPatiently(cluster, options.port ?? 0, START_PATIENCE_MS, options);
  const { port } = current;
  return {
    url: address(port, cluster.password),
    access: {
      url: `postgres://127.0.0.1:${port}/${DATABASE}`,
      user: POSTGRES_SUPERUSER,
      password: cluster.password,
    },
    port,
    get pid() {
      return current.server.pid;
    },
    version: cluster.version,
    dataFolder: cluster.data,
    output: () => current.server.output(),
    restart: async () => {
      await current.server.stop();
      current = await startPatiently(cluster, port, RESTART_PATIENCE_MS, options);
    },
    stop: async () => {
      await current.server.stop();
      await cluster.remove();
    },
  };
}

interface Running {
  server: SupervisedProcess;
  port: number;
}

/** Tries again while another server has the port, or one that is about to end still holds the data. `wanted` 0: any free port. */
async function startPatiently(
  cluster: Cluster,
  wanted: number,
  patienceMs: number,
  options: StartPostgresOptions,
): Promise<Running> {
  const giveUp = Date.now() + patienceMs;
  for (;;) {
    // A port chosen as free may be taken by someone else before the server has it: another one each time.
    const port = wanted === 0 ? await freePort() : wanted;
    try {
      return { server: await startOnce(cluster, port, options), port };
    } catch (error) {
      const held = error instanceof TidemarkError && HELD.test(error.message);
      if (!held || Date.now() > giveUp) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

async function startOnce(cluster: Cluster, port: number, options: StartPostgresOptions): Promise<SupervisedProcess> {
  const { bin, data, user, password, temporary } = cluster;
  const server = await startSupervised(
    programFile(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...settings(options)],
    {
      ...user,
      cwd: data,
      // To SIGTERM it waits until every client has left.
      stopSignal: 'SIGINT',
      graceMs: STOP_GRACE_MS,
      removeWhenOrphaned: temporary,
      ...(options.log === undefined ? {} : { onLine: options.log }),
    },
  );
  try {
    await untilPostgresAnswers(address(port, password), server, START_TIMEOUT_MS);
    return server;
  } catch (cause) {
    const what = server.hasEnded() ? 'ended while it started' : `did not answer within ${START_TIMEOUT_MS / 1000} s`;
    await server.stop();
    throw postgresFailed(
      `The PostgreSQL server ${what}. Its last lines:\n${server.output() || '(none)'}\n`,
      'Choose another port or data folder.',
      cause,
    );
  }
}

function settings(options: StartPostgresOptions): string[] {
  const { fsync = true, maxConnections } = options;
  const all = {
    listen_addresses: '127.0.0.1',
    // A socket's path may be 107 bytes at most: TCP has no such limit.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements and details may hold values of rows.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(fsync ? {} : { fsync: false, full_page_writes: false, synchronous_commit: false }),
    ...(maxConnections === undefined ? {} : { max_connections: maxConnections }),
    ...options.settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]);
}

function address(port: number, password: string): string {
  return `postgres://${POSTGRES_SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}
