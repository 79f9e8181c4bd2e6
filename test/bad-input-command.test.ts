import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, type CliResult } from './support/cli.js';
import { noteSecrets } from './support/known-secrets.js';
import { makeProject, type Project } from './support/project.js';
import { ROW_VALUE, world } from './support/refusal.js';
import { openTenant, type Tenant } from './support/tenant.js';

/** What a person at the terminal sees of a bad input: one line with the reason, the mend and the link, and nothing has changed. */
describe('tidemark run', () => {
  let project: Project;
  let tenant: Tenant;

  beforeAll(async () => {
    project = await makeProject('http://127.0.0.1:1');
    // The worker is this process's own: only the command is under test.
    tenant = await openTenant({ worker: { taskQueue: project.taskQueue } });
    noteSecrets([ROW_VALUE]);
  });
  afterAll(async () => {
    await tenant.close();
    await project.remove();
  });

  async function run(...args: string[]): Promise<CliResult> {
    const before = await world(tenant);
    const { address, namespace } = tenant.temporal;
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const result = await cli(['run', ...args], { cwd: project.folder, env });
    expect(await world(tenant)).toEqual(before);
    expect(result.stdout + result.stderr).not.toContain(ROW_VALUE);
    expect(result.stderr).not.toMatch(/^ {4}at /mu);
    return result;
  }

  it.each([
    [
      'a file that is no UTF-8',
      Buffer.from(`code,name,zip\nC1,${ROW_VALUE} Müller,1\n`, 'latin1'),
      /row 1 .*Write the file as UTF-8\. \(BAD_ENCODING\)/u,
    ],
    [
      'a misspelt column',
      Buffer.from(`code,nmae,zip\nC1,${ROW_VALUE},1\n`),
      /"nmae" \(near: "name"\).*\(UNKNOWN_COLUMNS\)/u,
    ],
  ])('of %s ends with 1, and says in one line what, where and how to mend it', async (_, csv, says) => {
    await tenant.put('cust_customers.csv', csv);
    const { code, stdout, stderr } = await run(project.up, '--wait');
    expect(code).toBe(1);
    const [line, ...more] = stderr.split('\n').filter((text) => text.startsWith('tidemark: '));
    expect(line).toMatch(new RegExp(`^tidemark: ${project.up} failed: Nothing was applied\\. .*cust_customers`, 'u'));
    expect(line).toMatch(says);
    expect(more).toEqual([]);
    expect(stdout).toMatch(/^Customer +customers +0 .*error: /mu);
  });

  it('of a domain that does not exist lists the near ones, as data with --json', async () => {
    const file = await readFile(path.join(project.folder, 'tidemark.yaml'), 'utf8');
    await project.put('other.yaml', file.replaceAll('domain: Customer', 'domain: Customers'));
    const { code, stdout } = await run(project.down, '--wait', '--json', '--config', 'other.yaml');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'failed',
      error: { code: 'TITAN_UNKNOWN_DOMAIN', message: expect.stringContaining('Near names: "Customer".') },
    });
  });

  it('of an input with a misspelt key starts nothing: the line, the key and the near one are named', async () => {
    const file = await readFile(path.join(project.folder, 'tidemark.yaml'), 'utf8');
    await project.put('misspelt.yaml', file.replaceAll('domain: Customer', 'domian: Customer'));
    const { code, stderr } = await run(project.up, '--config', 'misspelt.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/misspelt\.yaml:\d+:\d+: .*domian: unknown key\. Did you mean "domain"\?.*CONFIG_INVALID/su);
  });
});
