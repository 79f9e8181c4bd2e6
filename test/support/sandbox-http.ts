import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TitanSandbox } from '../../sandbox/titanrdm/index.js';

/**
 * JSON of the sandbox: the fields of all its answers, each of which has only some. Tests assert those that they read, so a field
 * that is missing shows as a failure there.
 */
export interface Answer {
  id: number;
  key: string;
  name: string;
  database_table_name: string;
  status: string;
  message: string | null;
  error: string;
  errors: string[];
  access_token: string;
  created_at: number;
  data: Answer[];
  meta: Record<string, number>;
  deployed_column_definitions: { name: string; data_type: string; is_primary_key: boolean }[];
  column_definitions: unknown[];
  import: Answer;
  import_tables: Answer[];
  signed_s3_url: string;
  insert_row_count: number;
  update_row_count: number;
  delete_row_count: number;
  download_url: string;
  download_urls: string[];
  rows_exported: number;
}

export interface Response {
  status: number;
  headers: Headers;
  text: string;
  json: Answer;
}

/** The wire protocol by hand: what tests of the sandbox speak instead of our own client. */
export class RawClient {
  private token = '';

  constructor(readonly sandbox: Pick<TitanSandbox, 'url' | 'clientId' | 'clientSecret'>) {}

  async signIn(fields: Record<string, string> = {}): Promise<Response> {
    const { url, clientId, clientSecret } = this.sandbox;
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...fields };
    const reply = await read(await fetch(`${url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) }));
    if (reply.status === 200) this.token = reply.json.access_token;
    return reply;
  }

  async get(path: string): Promise<Response> {
    return read(await fetch(this.sandbox.url + path, { headers: { authorization: `Bearer ${this.token}` } }));
  }

  async post(path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return read(await fetch(this.sandbox.url + path, { method: 'POST', headers, ...text }));
  }

  /** Id of a branch by its name. */
  async branch(name = 'main'): Promise<number> {
    const { json } = await this.get(`/api/v1/branches?q=${encodeURIComponent(`name:eq:${name}`)}`);
    return first(json.data).id;
  }

  /** A deployed table by its convention key's physical name, with its default mapping's key. */
  async table(
    physicalName: string,
    branch = 'main',
  ): Promise<{ id: number; key: string; mapping: string; branchId: number }> {
    const branchId = await this.branch(branch);
    const { json } = await this.get(`/api/v1/deployed_table_definitions?branch_id=${branchId}&per_page=1000`);
    const table = first(json.data.filter(({ database_table_name: name }) => name === physicalName));
    const mappings = await this.get(`/api/v1/table_definitions/${table.id}/import_mappings?q=is_default:eq:true`);
    return { id: table.id, key: table.key, mapping: mappings.json.data[0]?.key ?? '', branchId };
  }

  async createTable(importId: number, physicalName: string, pattern: string): Promise<Answer> {
    const { key, mapping } = await this.table(physicalName);
    const fields = { import_id: importId, table_definition_key: key, import_mapping_key: mapping, pattern };
    return (await this.post('/api/import_tables/new', fields)).json;
  }

  /** One import with one file for each table, up to `complete` and the end of its processing. */
  async import(files: Record<string, { csv: string | Buffer; pattern?: string }>): Promise<Answer> {
    const created = await this.post('/api/imports/new', { branch_id: await this.branch() });
    const id: number = created.json.id;
    for (const [table, { csv, pattern = 'full' }] of Object.entries(files)) {
      const upload = await this.createTable(id, table, pattern);
      await put(upload.signed_s3_url, csv);
      await this.post(`/api/import_tables/${upload.id}/upload_complete`);
    }
    await this.post(`/api/imports/${id}/complete`);
    return this.processed(id);
  }

  /** Polls an import to its end. */
  async processed(id: number): Promise<Answer> {
    for (;;) {
      const { json } = await this.get(`/api/v1/imports/${id}`);
      if (json.import.status !== 'processing') return json;
      await sleep(10);
    }
  }

  async startExport(physicalName: string, options: Record<string, unknown> = {}): Promise<Response> {
    const { key, branchId } = await this.table(physicalName);
    const fields = { branch_id: branchId, table_definition_key: key, pattern: 'full', include_history: false };
    return this.post('/api/exports/new', { ...fields, ...options });
  }

  /** Polls an export to its end. */
  async exported(id: number): Promise<Answer> {
    for (;;) {
      const { json } = await this.get(`/api/exports/${id}`);
      if (json.status !== 'created' && json.status !== 'started') return json;
      await sleep(10);
    }
  }

  /** The file of a new export. */
  async download(physicalName: string, options: Record<string, unknown> = {}): Promise<string> {
    const started = await this.startExport(physicalName, options);
    const done = await this.exported(started.json.id);
    return (await fetch(done.download_url)).text();
  }
}

export function first<T>(list: readonly T[]): T {
  const [one] = list;
  if (one === undefined) throw new Error('the list is empty');
  return one;
}

/** PUT of a file to its signed address, as an object store wants it. */
export async function put(url: string, csv: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return read(await fetch(url, { method: 'PUT', headers: { 'content-type': 'text/csv', ...headers }, body: csv }));
}

/** PUT without Content-Length, which fetch would always send for text. Resolves to the status. */
export async function putChunked(url: string, csv: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'PUT', headers: { 'content-type': 'text/csv' } }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    call.once('error', reject);
    call.write(csv);
    call.end();
  });
}

async function read(response: globalThis.Response): Promise<Response> {
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').startsWith('application/json');
  // What is no JSON has no field, and says so where a test reads one.
  return { status: response.status, headers: response.headers, text, json: (json ? JSON.parse(text) : {}) as Answer };
}
