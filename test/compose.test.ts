import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../workers/config/index.js';

interface ComposeFile {
  services: Record<string, { image: string; healthcheck?: object; depends_on?: Record<string, { condition: string }> }>;
}

const credentials = { TITAN_URL: 'https://tenant.example', TITAN_CLIENT_ID: 'id', TITAN_CLIENT_SECRET: 'secret' };

afterEach(() => {
  for (const name of Object.keys(credentials)) Reflect.deleteProperty(process.env, name);
});

const composeFile = async (): Promise<ComposeFile> =>
  // The file is our own; what this test reads of it is asserted below.
  parse(await readFile('temporal-compose.yml', 'utf8')) as ComposeFile;

it('every image of the compose file is pinned to a version, and every server has a health check that the worker waits for', async () => {
  const { services } = await composeFile();
  const { worker, ...servers } = services;
  expect(Object.keys(servers)).toEqual(['temporal', 'postgres', 'store']);
  for (const { image, healthcheck } of Object.values(servers)) {
    expect(image).toMatch(/:[^:]*\d[^:]*$/);
    expect(healthcheck).toBeDefined();
  }
  expect(worker?.depends_on).toEqual(
    Object.fromEntries(Object.keys(servers).map((name) => [name, { condition: 'service_healthy' }])),
  );
});

it("the compose file's worker image is of the package's version", async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect((await composeFile()).services['worker']?.image).toBe(`tidemark:${version}`);
});

it('the config that the compose file mounts is valid with the credentials that it passes on', async () => {
  Object.assign(process.env, credentials);
  const { config } = await loadConfig({ file: 'examples/compose/tidemark.yaml' });
  expect(config.connections['tenant']).toMatchObject({ type: 'titanrdm', url: credentials.TITAN_URL, clientId: 'id' });
});
