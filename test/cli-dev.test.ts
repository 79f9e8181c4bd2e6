import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cli, startCli } from './support/cli.js';
import { makeProject, type Project } from './support/project.js';

let project: Project;
beforeEach(async () => {
  project = await makeProject('sandbox', 'sandbox: { definitions: tables.yaml }\n');
});
afterEach(() => project.remove());

// No Temporal server but the one that `tidemark dev` starts.
const env = {
  TEMPORAL_ADDRESS: undefined,
  TEMPORAL_NAMESPACE: undefined,
  TEMPORAL_PROFILE: undefined,
  TEMPORAL_CONFIG_FILE: '/nonexistent',
};

interface Access {
  titanrdm: { url: string; clientId: string; clientSecret: string };
}

const answers = async (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

describe('tidemark dev', () => {
  it('runs Temporal with its Web UI, a worker and the sandbox; other commands of the project find them; Ctrl-C ends all', async () => {
    await project.put(
      'tables.yaml',
      `domains:
  - name: Customer
    abbreviation: cust
    tables:
      - { name: Parks, databaseTableName: parks, columns: [{ name: id, primaryKey: true }] }
`,
    );
    await project.put('lake/cust_parks.csv', 'id\n007\n');
    const options = { cwd: project.folder, env };
    const dev = startCli(['dev', '--json'], options);
    const printed = await dev.line(/^\{"temporal"/);
    // What the command promises; each value is used below.
    const { temporal, titanrdm } = JSON.parse(printed) as Access & { temporal: { webUi: string } };
    try {
      expect(await answers(temporal.webUi)).toBe(true);
      const check = await cli(['check'], options);
      expect(check.stdout).toContain('✔ tenant (TitanRDM): signed in; 2 branches: main, dev');
      const run = await cli(['run', project.up, '--wait'], options);
      expect(run).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Customer {2}parks +1 +1 +0 +0 {2}success$/m),
      });
      expect(run.stderr).toContain(`${temporal.webUi}/namespaces/default/workflows/`);
      expect(dev.printed.stderr).not.toContain(titanrdm.clientSecret);
      expect(check.stdout + run.stdout + run.stderr).not.toContain(titanrdm.clientSecret);
    } finally {
      dev.child.kill('SIGINT');
    }
    expect(await dev.ended).toMatchObject({ code: 0 });
    expect(await answers(temporal.webUi)).toBe(false);
    expect(await answers(`${titanrdm.url}/api/branches`)).toBe(false);
    expect(existsSync(path.join(project.folder, '.tidemark/dev.json'))).toBe(false);
  });

  it('says so when the config is wrong before it starts anything', async () => {
    await project.put('tidemark.yaml', 'version: 1\npipelines: []\n');
    const { code, stderr } = await cli(['dev'], { cwd: project.folder, env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tidemark: .*tidemark\.yaml:2:1: pipelines: expected /);
    expect(existsSync(path.join(project.folder, '.tidemark'))).toBe(false);
  });
});

describe('tidemark dev with a connection to the embedded PostgreSQL', () => {
  interface Database {
    url: string;
    user: string;
    password: string;
  }
  const ask = async ({ url, user, password }: Database, sql: string): Promise<unknown[]> => {
    // An address without a user takes away the one that stands beside it.
    const client = new pg.Client({ connectionString: url.replace('://', `://${user}:${password}@`) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  beforeEach(async () => {
    // Where the tests run as root, the server's user must be able to enter it.
    await chmod(project.folder, 0o755);
    await project.put(
      'tidemark.yaml',
      `version: 1\ntemporal: { taskQueue: ${project.taskQueue} }\nconnections:\n  warehouse: { type: postgres, url: embedded }\n`,
    );
  });

  it('starts one whose data last, says where it is without its password, and lets the other commands find it', async () => {
    const options = { cwd: project.folder, env };
    const first = startCli(['dev'], options);
    try {
      const line = await first.line(/^PostgreSQL /);
      expect(line).toMatch(
        /^PostgreSQL {2}postgres:\/\/127\.0\.0\.1:\d+\/postgres \(\d+\.\d+, data in .*\.tidemark\/postgres\/data; --json prints its credentials\)$/,
      );
      await first.line(/^Ctrl-C stops everything/);
      const note: unknown = JSON.parse(await readFile(path.join(project.folder, '.tidemark/dev.json'), 'utf8'));
      const { postgres } = note as { postgres: Database }; // compared by the line above and used below
      await ask(postgres, 'CREATE TABLE tide AS SELECT 7 AS mark');
      expect(first.printed.stdout + first.printed.stderr).not.toContain(postgres.password);
      const check = await cli(['check'], options);
      expect(check).toMatchObject({ code: 0, stderr: '' });
      expect(check.stdout).not.toContain(postgres.password);
    } finally {
      first.child.kill('SIGINT');
    }
    expect(await first.ended).toMatchObject({ code: 0 });
    expect((await cli(['check'], options)).stderr).toContain('warehouse.url: asks for the embedded PostgreSQL');
    const second = startCli(['dev', '--json'], options);
    try {
      const { postgres } = JSON.parse(await second.line(/^\{"temporal"/)) as { postgres: Database }; // used below
      expect(await ask(postgres, 'SELECT mark FROM tide')).toEqual([{ mark: 7 }]);
    } finally {
      second.child.kill('SIGINT');
    }
    expect(await second.ended).toMatchObject({ code: 0 });
  });

  it('says how to get one where there is none', async () => {
    const none = { ...env, TIDEMARK_POSTGRES_BIN: path.join(project.folder, 'none') };
    const { code, stderr } = await cli(['dev'], { cwd: project.folder, env: none });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tidemark: No PostgreSQL server was found\. Tried:\n {2}1\. TIDEMARK_POSTGRES_BIN: .*no such program/,
    );
    expect(stderr).toContain('POSTGRES_SERVER_NOT_FOUND');
  });
});

describe('tidemark sandbox', () => {
  it('prints how to reach it as its first line, holds the tables of its definitions, and ends on SIGTERM', async () => {
    await project.put('tables.yaml', 'domains:\n  - { name: Trees, abbreviation: tree }\n');
    const sandbox = startCli(['sandbox', '--definitions', 'tables.yaml'], { cwd: project.folder, env });
    const line = await sandbox.line(/^\{/);
    const first = JSON.parse(line) as Access; // compared as a whole by the next line
    expect(first).toEqual({
      titanrdm: {
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        clientId: expect.any(String),
        clientSecret: expect.any(String),
      },
      ams: {
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/demo$/),
        username: 'sandbox',
        password: expect.any(String),
      },
    });
    const { url, clientId, clientSecret } = first.titanrdm;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });
    const token = await fetch(`${url}/oauth/token`, { method: 'POST', body: form }).then(async (reply) => reply.json());
    const headers = { authorization: `Bearer ${(token as { access_token: string }).access_token}` };
    const domains = await fetch(`${url}/api/v1/domains`, { headers }).then(async (reply) => reply.json());
    expect(domains).toMatchObject({ data: [{ name: 'Trees', abbreviation: 'tree' }] });
    sandbox.child.kill('SIGTERM');
    expect(await sandbox.ended).toMatchObject({ code: 0 });
  });

  it('refuses definitions that are wrong, by file and line', async () => {
    await project.put('tables.yaml', 'domains:\n  - { name: Trees, abreviation: tree }\n');
    const { code, stderr } = await cli(['sandbox', '--definitions', 'tables.yaml'], { cwd: project.folder, env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/tables\.yaml:2:20: domains\[0\]\.abreviation: unknown key\. Did you mean "abbreviation"\?/);
  });
});
