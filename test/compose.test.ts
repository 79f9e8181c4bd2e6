import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../workers/config/index.js';

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
}
interface ComposeFile {
  services: Record<string, Service>;
}

const credentials = {
  TITAN_URL: 'https://tenant.example',
  TITAN_CLIENT_ID: 'id',
  TITAN_CLIENT_SECRET: 'secret',
  POSTGRES_PASSWORD: 'of the database',
  S3_ACCESS_KEY: 'key',
  S3_SECRET_KEY: 'of the key',
};

const composeFile = async (): Promise<ComposeFile> =>
  // The file is our own; what this test reads of it is asserted below.
  parse(await readFile('temporal-compose.yml', 'utf8')) as ComposeFile;
const load = () => loadConfig({ file: 'examples/compose/tidemark.yaml', environment: credentials });

it('every image of the compose file is pinned to a version, and every server has a health check that the worker waits for', async () => {
  const { services } = await composeFile();
  const { worker, bucket, ...servers } = services;
  expect(Object.keys(servers)).toEqual(['temporal', 'postgres', 'store']);
  for (const { image } of [...Object.values(servers), { image: '', ...bucket }])
    expect(image).toMatch(/:[^:]*\d[^:]*$/);
  for (const { healthcheck } of Object.values(servers)) expect(healthcheck).toBeDefined();
  expect(worker?.depends_on).toEqual({
    ...Object.fromEntries(Object.keys(servers).map((name) => [name, { condition: 'service_healthy' }])),
    bucket: { condition: 'service_completed_successfully' },
  });
});

it("the compose file's worker image is of the package's version, with the library that results in S3 need", async () => {
  const { version, devDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
    version: string;
    devDependencies: Record<string, string>;
  };
  expect((await composeFile()).services['worker']?.image).toBe(`tidemark:${version}`);
  const s3 = `@aws-sdk/client-s3@${devDependencies['@aws-sdk/client-s3'] ?? ''}`;
  expect((await readFile('Dockerfile', 'utf8')).split(/\s/u)).toContain(s3);
});

it('the config that the compose file mounts is valid with what it passes on, and with nothing less', async () => {
  const { connections } = (await load()).config;
  expect(connections['tenant']).toMatchObject({ type: 'titanrdm', url: credentials.TITAN_URL, clientId: 'id' });
  expect(connections['warehouse']).toMatchObject({ type: 'postgres', password: credentials.POSTGRES_PASSWORD });
  const passed = Object.keys((await composeFile()).services['worker']?.environment ?? {});
  expect(passed).toEqual(expect.arrayContaining(Object.keys(credentials)));
});

it("the worker's long lists go to the bucket that the compose file makes, with its store's address and credentials", async () => {
  const { services } = await composeFile();
  const { s3 } = (await load()).config.results;
  expect(s3).toMatchObject({ accessKeyId: credentials.S3_ACCESS_KEY, secretAccessKey: credentials.S3_SECRET_KEY });
  const { store, bucket, worker } = services;
  expect(bucket?.depends_on).toEqual({ store: { condition: 'service_healthy' } });
  const [command = ''] = bucket?.command ?? [];
  expect(command).toContain(`mc alias set store ${s3?.endpoint ?? ''} `);
  expect(command).toContain(`mc mb --ignore-existing store/${s3?.bucket ?? ''}`);
  // One pair of credentials in all three: the store's own.
  for (const service of [bucket, worker]) {
    expect(service?.environment?.['S3_ACCESS_KEY']).toBe(store?.environment?.['MINIO_ROOT_USER']);
    expect(service?.environment?.['S3_SECRET_KEY']).toBe(store?.environment?.['MINIO_ROOT_PASSWORD']);
  }
});
