import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadClientConfig, loadConfig } from '../workers/config/index.js';
import { configFolder, environment, files, tenant, upload } from './support/config-folder.js';

const { folder, write, load, refusal, problems } = configFolder();

describe('a config file', () => {
  it('gives typed connections and pipelines, with the defaults of the workflows', async () => {
    const config = await load(`version: 1\nconnections:${tenant}${files}\npipelines:${upload}\n`);
    expect(config.temporal).toEqual({ taskQueue: 'tidemark' });
    expect(config.connections['tenant']).toMatchObject({ type: 'titanrdm', clientSecret: 's3cr3t-value' });
    expect(config.pipelines['nightly']).toMatchObject({
      workflow: 'titanConventionUpload',
      input: { version: 1, pattern: 'full', onTableError: 'fail', poll: { intervalSeconds: 2, maxWaitSeconds: 300 } },
    });
  });

  it('takes relative paths from its own folder', async () => {
    const config = await load(`version: 1\nconnections:${files}\nresults: { folder: ../out }\n`);
    expect(config.connections['files']).toMatchObject({ path: join(folder(), 'data') });
    expect(config.results.folder).toBe(join(folder(), '..', 'out'));
    expect((await load('version: 1\n')).results.folder).toBe(join(folder(), '.tidemark/results'));
  });

  it('is found in the nearest folder above', async () => {
    const file = await write('version: 1\n');
    const below = join(folder(), 'a', 'b');
    await mkdir(below, { recursive: true });
    expect((await loadConfig({ folder: below })).file).toBe(file);
  });

  it('that is not there is an error which says where it was looked for', async () => {
    await expect(loadConfig({ file: join(folder(), 'none.yaml') })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining(join(folder(), 'none.yaml')),
    });
  });
});

describe('environment variables', () => {
  it('fill in texts, numbers and switches, with defaults and an escape', async () => {
    const text = `version: \${V:-1}
temporal: { taskQueue: "\${QUEUE:-q}-\${TITAN_ID}", namespace: "$\${kept}" }
connections:${files}${tenant}
    maxFileBytes: \${MAX}
pipelines:${upload.replace('{ id: 3 }', '{ id: "${BRANCH}" }, validate: "${CHECK}"')}\n`;
    const config = await load(text, { environment: { ...environment, MAX: '1000', BRANCH: '7', CHECK: 'false' } });
    expect(config.temporal).toMatchObject({ taskQueue: 'q-client-1', namespace: '${kept}' });
    expect(config.connections['tenant']).toMatchObject({ maxFileBytes: 1000 });
    expect(config.pipelines['nightly']?.input).toMatchObject({ branch: { id: 7 }, validate: false });
  });

  it('that are missing or empty are named with the key and the line that use them', async () => {
    const text = `version: 1\nconnections:${tenant}\n`;
    for (const TITAN_SECRET of [undefined, '']) {
      const error = await refusal(text, { environment: { TITAN_ID: 'x', TITAN_SECRET } });
      expect(error.code).toBe('CONFIG_MISSING_VARIABLE');
      expect(error.message).toContain(
        ':7:5: connections.tenant.clientSecret: uses ${TITAN_SECRET}, which is not set. Set TITAN_SECRET in the environment',
      );
    }
  });

  it('of connections are not needed by who only starts runs', async () => {
    const file = await write(`version: 1\nconnections:${tenant}${files}\npipelines:${upload}\n`);
    const { config } = await loadClientConfig({ file, environment: {} });
    expect(config.pipelines['nightly']?.workflow).toBe('titanConventionUpload');
  });

  it('never show in an error', async () => {
    const text = `version: 1\nconnections:${tenant.replace('https://acme.titanrdm.com', '${TITAN_SECRET}')}\n`;
    const error = await refusal(text);
    expect(error.message).not.toContain('s3cr3t');
    expect(error.message).toContain('connections.tenant.url');
    expect(error.message).toContain('the value comes from the environment');
    const literal = await refusal(`version: 1\nconnections:${tenant.replace('${TITAN_SECRET}', '[s3cr3t-literal]')}\n`);
    expect(literal.message).toContain('connections.tenant.clientSecret: expected a text');
    expect(literal.message).not.toContain('s3cr3t');
  });
});

describe('values are not guessed at', () => {
  it('a number whose spelling says more than its value stays the text that it is', async () => {
    const config = await load(`version: 1
connections:${tenant}
pipelines:
  p:
    workflow: titanImportBatch
    input:
      connection: tenant
      branch: { name: 2024 }
      poll: { intervalSeconds: 2.50 }
      tables:
        - target: { key: 0042 }
          source: { rows: [{ zip: 00501, price: 1.10, big: 9007199254740993, count: 3, text: "3", no: null, yes: yes }] }
`);
    expect(config.pipelines['p']?.input).toMatchObject({
      branch: { name: '2024' },
      poll: { intervalSeconds: 2.5 },
      tables: [
        {
          target: { key: '0042' },
          source: {
            rows: [{ zip: '00501', price: '1.10', big: '9007199254740993', count: 3, text: '3', no: null, yes: 'yes' }],
          },
        },
      ],
    });
  });
});

describe('the word sandbox as an address', () => {
  const text = `version: 1\nconnections:${tenant.replace('https://acme.titanrdm.com', 'sandbox')}${files}\n`;

  it('is replaced by the sandbox that the caller starts, once', async () => {
    let started = 0;
    const config = await load(text, {
      sandbox: () => {
        started += 1;
        return Promise.resolve({ url: 'http://127.0.0.1:9', clientId: 'a', clientSecret: 'b' });
      },
    });
    expect(config.connections['tenant']).toMatchObject({ url: 'http://127.0.0.1:9', clientId: 'a', clientSecret: 'b' });
    expect(started).toBe(1);
  });

  const ams = 'version: 1\nconnections:\n  profiles: { type: ams, url: sandbox, maxInFlight: 4 }\n';

  it('is replaced by the sandbox of its own type', async () => {
    const access = { url: 'http://127.0.0.1:9/demo', username: 'a', password: 'b' };
    const config = await load(ams, { ams: () => Promise.resolve(access) });
    expect(config.connections['profiles']).toEqual({ type: 'ams', maxInFlight: 4, ...access });
    expect((await refusal(ams)).message).toContain('connections.profiles.url: asks for the local sandbox');
  });

  it('takes only address and credentials from what was started, whatever else that holds', async () => {
    const server = { close: () => undefined, settings: { latencyMs: 0 } };
    const site = { url: 'http://127.0.0.1:9/demo', username: 'a', password: 'b' };
    const tenantAccess = { url: 'http://127.0.0.1:9', clientId: 'a', clientSecret: 'b' };
    const database = { url: 'postgres://127.0.0.1:9/warehouse', user: 'a', password: 'b' };
    const { connections } = await load(
      `${text}  profiles: { type: ams, url: sandbox }\n  warehouse: { type: postgres, url: embedded }\n`,
      {
        sandbox: () => Promise.resolve({ ...server, ...tenantAccess }),
        ams: () => Promise.resolve({ ...server, ...site }),
        postgres: () => Promise.resolve({ ...server, ...database }),
      },
    );
    expect(connections['profiles']).toEqual({ type: 'ams', ...site });
    expect(connections['warehouse']).toMatchObject({ ...database, ssl: 'disable' });
    for (const name of ['tenant', 'profiles', 'warehouse'])
      expect(Object.keys(connections[name] ?? {})).not.toEqual(expect.arrayContaining(['settings']));
  });

  it('of AMS stands for an address that ends with the name of a site', async () => {
    for (const url of ['https://example.smartabase.com', 'https://example.smartabase.com/']) {
      const error = await refusal(ams.replace('sandbox', url));
      expect(error.message).toMatch(/connections\.profiles\.url/u);
    }
    const address = 'https://example.smartabase.com/site';
    expect((await load(ams.replace('sandbox', address))).connections['profiles']).toMatchObject({ url: address });
  });

  it('is an error where no sandbox is started', async () => {
    const error = await refusal(text);
    expect(error.code).toBe('CONFIG_SANDBOX');
    expect(error.message).toContain(':5:5: connections.tenant.url: asks for the local sandbox');
  });
});

describe('a connection to PostgreSQL', () => {
  const text = (lines: string) => `version: 1\nconnections:\n  warehouse:\n    type: postgres\n${lines}`;
  const url = '    url: postgres://db.example.com:5432/warehouse\n';

  it('has the schema public, no queries, and deletes for good unless it says otherwise', async () => {
    const { connections } = await load(text(`${url}    maxConnections: "\${MOST:-7}"\n`));
    expect(connections['warehouse']).toEqual({
      type: 'postgres',
      url: 'postgres://db.example.com:5432/warehouse',
      schema: 'public',
      queries: {},
      allowQueries: false,
      deletes: 'hard',
      maxConnections: 7,
    });
  });

  it.each([
    ['    url: mysql://db.example.com/warehouse\n', /url: .*expected a postgres:\/\/ or postgresql:\/\/ address/],
    ['    url: postgres://me:word@db.example.com/a\n', /url: .*must hold no user name, password, query or fragment/],
    ['    url: postgres://db.example.com/a?sslmode=disable\n', /must hold no user name, password, query or fragment/],
    ['    url: postgres://db.example.com\n', /expected an address with host and database/],
    [`${url}    passwort: x\n`, /passwort: unknown key\. Did you mean "password"\?/],
    [`${url}    ssl: prefer\n`, /ssl: expected "disable" or "require" or "verify-full", got "prefer"/],
    [`${url}    queries: { open orders: SELECT 1 }\n`, /queries.*: .*a name holds letters/],
  ])('is refused with %j', async (lines, message) => {
    expect((await problems(text(lines))).join('\n')).toMatch(message);
  });

  it('can be the store of a pipeline, not its tenant', async () => {
    const pipeline = (connection: string) =>
      `pipelines:${upload.replace('store: files', 'store: warehouse').replace('connection: tenant', `connection: ${connection}`)}\n`;
    const config = `version: 1\nconnections:${tenant}\n  warehouse:\n    type: postgres\n${url}`;
    expect((await load(config + pipeline('tenant'))).connections['warehouse']?.type).toBe('postgres');
    expect(await problems(config + pipeline('warehouse'))).toEqual([
      expect.stringContaining("this connection is of another type; expected a connection of type 'titanrdm'"),
    ]);
  });

  it('has every query that a pipeline names, unless the pipeline may hold SQL of its own', async () => {
    const config = (query: string, more = '') => `version: 1
connections:${tenant}
  warehouse: { type: postgres, url: "postgres://db.example.com/a", queries: { open_orders: SELECT 1 }${more} }
pipelines:
  nightly:
    workflow: titanImportBatch
    input:
      connection: tenant
      branch: { id: 3 }
      tables: [{ target: { domain: D, name: t }, source: { connection: warehouse, query: ${query} } }]
`;
    expect(await problems(config('open_order'))).toEqual([
      expect.stringMatching(
        /tables\[0\]\.source\.query: connection warehouse has no query of this name; .* Did you mean "open_orders"\?/,
      ),
    ]);
    await expect(load(config('open_orders'))).resolves.toBeDefined();
    await expect(load(config('SELECT 2', ', allowQueries: true'))).resolves.toBeDefined();
    // Who only starts runs sees the same.
    const file = await write(config('open_order'));
    await expect(loadClientConfig({ file, environment })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('that asks for the embedded one gets that of the caller, whose data are beside the config', async () => {
    const started: unknown[] = [];
    const postgres = (options: unknown) => {
      started.push(options);
      return Promise.resolve({ url: 'postgres://127.0.0.1:9/postgres', user: 'postgres', password: 'p' });
    };
    const two = `${text('    url: embedded\n')}  archive: { type: postgres, url: embedded, schema: old }\n`;
    const { connections } = await load(two, { postgres });
    const access = { url: 'postgres://127.0.0.1:9/postgres', user: 'postgres', password: 'p', ssl: 'disable' };
    expect(connections).toMatchObject({ warehouse: access, archive: { ...access, schema: 'old' } });
    expect(started).toEqual([{ dataFolder: join(folder(), '.tidemark/postgres') }]);
  });

  it('that asks for the embedded one is an error where none is started', async () => {
    const error = await refusal(text('    url: embedded\n'));
    expect(error.code).toBe('CONFIG_EMBEDDED_POSTGRES');
    expect(error.message).toContain(':5:5: connections.warehouse.url: asks for the embedded PostgreSQL');
  });
});
