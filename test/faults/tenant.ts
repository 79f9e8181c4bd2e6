import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ImportPattern } from '../../contracts/titan-common.js';

const idSchema = z.object({ id: z.number() });
const listSchema = z.object({
  data: z.array(z.object({ id: z.number(), key: z.string().optional(), name: z.string() })),
});

/** A few calls of TitanRDM's wire protocol, made without any code under test: to bring data in behind its back. */
export class Tenant {
  constructor(
    private readonly url: string,
    private readonly clientId: string,
    private readonly clientSecret: string,
  ) {}

  /** One import of one table, to its end. */
  async load(branch: string, table: string, pattern: ImportPattern, csv: string): Promise<void> {
    const token = await this.token();
    const get = (path: string) => this.json('GET', path, token);
    const post = (path: string, body: object = {}) => this.json('POST', path, token, body);
    const branchId = named(await get('/api/v1/branches?per_page=100'), branch).id;
    const target = named(await get(`/api/v1/deployed_table_definitions?branch_id=${branchId}&per_page=100`), table);
    const mappings = listSchema.parse(await get(`/api/v1/table_definitions/${target.id}/import_mappings`));
    const { id } = idSchema.parse(await post('/api/imports/new', { branch_id: branchId }));
    const upload = idSchema.extend({ signed_s3_url: z.string() }).parse(
      await post('/api/import_tables/new', {
        import_id: id,
        table_definition_key: target.key,
        import_mapping_key: mappings.data[0]?.key,
        pattern,
      }),
    );
    const put = await fetch(upload.signed_s3_url, {
      method: 'PUT',
      headers: { 'content-type': 'text/csv' },
      body: csv,
    });
    if (!put.ok) throw new Error(`the file was refused with ${put.status}`);
    await post(`/api/import_tables/${upload.id}/upload_complete`);
    await post(`/api/imports/${id}/complete`);
    for (;;) {
      const read = z.object({ import: z.object({ status: z.string() }) }).parse(await get(`/api/v1/imports/${id}`));
      if (read.import.status === 'completed') return;
      if (read.import.status === 'failed') throw new Error(`the campaign's own import ${id} failed`);
      await sleep(20);
    }
  }

  private async token(): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: this.clientId,
      client_secret: this.clientSecret,
    });
    const reply = await fetch(`${this.url}/oauth/token`, { method: 'POST', body });
    return z.object({ access_token: z.string() }).parse(await reply.json()).access_token;
  }

  private async json(method: string, path: string, token: string, body?: object): Promise<unknown> {
    const reply = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path} was answered with ${reply.status}`);
    return reply.json();
  }
}

function named(list: unknown, name: string) {
  const found = listSchema.parse(list).data.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the sandbox has no ${name}`);
  return found;
}
