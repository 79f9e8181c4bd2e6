import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/lib/sources.mjs';
import { buildFolder, transpile } from '../../scripts/lib/transpile.mjs';

/**
 * Before all tests: one Temporal server and one PostgreSQL for the whole run, and the workflow bundle, built once. Tests learn of them by
 * environment variables (`test/support/environment.ts` reads them). Plain JavaScript, since jest loads it without its transforms.
 */
export default async function globalSetup() {
  await transpile();
  const servers = await import(path.join(buildFolder, 'workers', 'dev-server', 'index.js'));
  const [server, postgres] = await allOrNone([servers.startDevServer(), startTestPostgres(servers)]);
  globalThis.tidemarkTestServer = server;
  globalThis.tidemarkTestPostgres = postgres;
  process.env.TIDEMARK_TEST_TEMPORAL_ADDRESS = server.address;
  process.env.TIDEMARK_TEST_NAMESPACE = server.namespace;
  process.env.TIDEMARK_TEST_WEB_UI = server.webUiUrl ?? '';
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-tests-'));
  globalThis.tidemarkTestFolder = folder;
  // What must be found nowhere, and what workers logged: `secrets.test.ts` compares.
  process.env.TIDEMARK_TEST_SECRETS = path.join(folder, 'secrets');
  process.env.TIDEMARK_TEST_LOG = path.join(folder, 'log');
  const bundle = await workflowBundle();
  if (bundle !== undefined) process.env.TIDEMARK_TEST_BUNDLE = bundle;
}

/** The PostgreSQL that `TIDEMARK_TEST_POSTGRES` names, else one of our own (of `TIDEMARK_POSTGRES_BIN` where that is set). */
async function startTestPostgres({ startPostgres }) {
  if (process.env.TIDEMARK_TEST_POSTGRES) return undefined;
  const server = await startPostgres({ fsync: false, maxConnections: 300 });
  process.env.TIDEMARK_TEST_POSTGRES = server.url;
  return server;
}

/** Waits for all; when one could not be started, the others are stopped. */
async function allOrNone(starting) {
  const settled = await Promise.allSettled(starting);
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed === undefined) return settled.map(({ value }) => value);
  await Promise.all(settled.map(({ value }) => value?.stop()));
  throw failed.reason;
}

/** Building takes seconds: a bundle is kept under the hash of what it is made of. */
async function workflowBundle() {
  const workflowsPath = path.join(root, 'workflows', 'index.ts');
  if (!existsSync(workflowsPath)) return undefined;
  const file = path.join(root, '.tidemark', 'test', `workflow-bundle-${await sourcesHash()}.js`);
  if (!existsSync(file)) {
    const { bundleWorkflowCode } = await import('@temporalio/worker');
    const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
    const preloadModules = [path.join(root, 'workflows', 'preload.ts')];
    const { code } = await bundleWorkflowCode({ workflowsPath, preloadModules, logger: quiet });
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, code);
    await rename(temporary, file);
  }
  return file;
}

async function sourcesHash() {
  const hash = createHash('sha256').update(await readFile(path.join(root, 'package-lock.json')));
  for (const room of ['workflows', 'contracts', 'activities']) {
    const entries = await readdir(path.join(root, room), { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(path.relative(root, file)).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}
