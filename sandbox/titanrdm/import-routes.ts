import type { Catalog } from './catalog.js';
import { HttpError, json, notFound, optionalText, requiredText, type Call, type Route } from '../http/http.js';
import { processImport, type ProcessingContext } from './import-processing.js';
import {
  importResultView,
  importTableView,
  importView,
  type ImportRecord,
  type ImportTableRecord,
} from './import-records.js';
import type { BackgroundJobs } from './background-jobs.js';
import { receiveFile, storeError, type SignedUrls } from './signed-files.js';

export interface ImportContext extends ProcessingContext {
  catalog: Catalog;
  urls: SignedUrls;
  jobs: BackgroundJobs;
}

/** Import batches: created, filled by signed uploads, completed, processed afterwards (fact sheet, section 8). */
export class Imports {
  readonly imports: ImportRecord[] = [];
  private readonly importTables: ImportTableRecord[] = [];

  constructor(private readonly context: ImportContext) {}

  routes(): Route[] {
    const post = (name: string, path: string, handler: Route['handler']): Route => ({
      name,
      method: 'POST',
      path,
      handler,
      access: 'signedIn',
      writes: true,
    });
    return [
      post('imports.new', '/api/imports/new', (call) => this.create(call)),
      post('import_tables.new', '/api/import_tables/new', (call) => this.createTable(call)),
      post('import_tables.upload_complete', '/api/import_tables/:id/upload_complete', (call) => this.confirm(call)),
      post('import_tables.upload_failed', '/api/import_tables/:id/upload_failed', (call) => this.giveUp(call)),
      post('imports.complete', '/api/imports/:id/complete', (call) => this.complete(call)),
      {
        name: 'imports.get',
        method: 'GET',
        path: '/api/imports/:id',
        access: 'signedIn',
        handler: (call) => {
          const record = this.import(call);
          const list = record.status !== 'created' || this.context.settings().listTablesBeforeComplete;
          if (list === 'empty') return json({ ...importResultView(record, false), import_tables: [] });
          return json(importResultView(record, list));
        },
      },
      {
        name: 'upload.put',
        method: 'PUT',
        path: '/storage/imports/:file',
        access: 'signed',
        handler: (call) => this.receive(call),
      },
    ];
  }

  /** The import table that a call is about, for faults that single out a table. */
  tableOf(call: Call): ImportTableRecord | undefined {
    const id = call.route === 'upload.put' ? call.params['file']?.replace(/\.csv$/, '') : call.params['id'];
    return this.importTables[Number(id) - 1];
  }

  private create({ body }: Call) {
    const branchId = requiredText(body, 'branch_id');
    const branch = this.context.catalog.branches.find(({ id }) => String(id) === branchId);
    if (branch === undefined) throw notFound('Branch');
    if (branch.status === 'closed') throw new HttpError(422, 'Validation failed', ['The branch is closed']);
    const record: ImportRecord = {
      id: this.imports.length + 1,
      branch,
      description: optionalText(body, 'description') ?? null,
      correlationCode: optionalText(body, 'correlation_code') ?? null,
      status: 'created',
      message: null,
      createdAt: new Date().toISOString(),
      durationSeconds: null,
      tables: [],
    };
    this.imports.push(record);
    return json(importView(record), 201);
  }

  private createTable(call: Call) {
    const { body } = call;
    const record = this.imports[Number(requiredText(body, 'import_id')) - 1];
    if (record === undefined) throw notFound('Import');
    if (record.status !== 'created') throw new HttpError(422, 'Validation failed', ['The import is already completed']);
    const table = this.context.catalog.deployed(requiredText(body, 'table_definition_key'), String(record.branch.id));
    if (table === undefined) throw notFound('Deployed table definition');
    const mappingKey = requiredText(body, 'import_mapping_key');
    const mapping = table.mappings.find(({ key, id }) => key === mappingKey || String(id) === mappingKey);
    if (mapping === undefined) throw notFound('Import mapping');
    const id = this.importTables.length + 1;
    const upload: ImportTableRecord = {
      id,
      import: record,
      table,
      mapping,
      pattern: optionalText(body, 'pattern') ?? null,
      correlationCode: optionalText(body, 'correlation_code') ?? null,
      status: 'created',
      message: null,
      createdAt: new Date().toISOString(),
      path: this.context.storage.path(`import-${id}.csv`),
      fileSize: null,
      counts: null,
      startedAt: null,
      endedAt: null,
      durationSeconds: null,
      actions: [],
    };
    this.importTables.push(upload);
    record.tables.push(upload);
    const ttl = call.fault?.kind === 'expiredUrl' ? -1 : this.context.settings().signedUrlTtlSeconds;
    const host = call.request.headers.host ?? 'localhost';
    const url = this.context.urls.sign('PUT', host, `/storage/imports/${id}.csv`, ttl);
    return json(importTableView(upload, url), 201);
  }

  private async receive(call: Call) {
    const refusal = this.context.urls.refusal('PUT', call.url);
    const upload = this.tableOf(call);
    if (refusal !== undefined || upload === undefined) return storeError(403, refusal ?? 'NoSuchKey');
    if (upload.import.status !== 'created') return storeError(403, 'The import is already completed');
    const problem = await receiveFile(call, upload.path, this.context.settings().maxUploadBytes);
    if (problem !== undefined) return problem;
    upload.fileSize = Number(call.request.headers['content-length']);
    return { kind: 'empty', status: 200 } as const;
  }

  /** Saying it twice is harmless; saying it before the file has arrived is not true. */
  private confirm(call: Call) {
    const upload = this.openTable(call);
    if (upload.status === 'failed') throw new HttpError(422, 'Validation failed', ['The upload was reported failed']);
    if (upload.fileSize === null) throw new HttpError(422, 'Validation failed', ['No file has been uploaded']);
    upload.status = 'uploaded';
    return json(importTableView(upload));
  }

  private giveUp(call: Call) {
    const upload = this.openTable(call);
    upload.status = 'failed';
    upload.message = optionalText(call.body, 'message') ?? 'The upload failed';
    return json(importTableView(upload));
  }

  private complete(call: Call) {
    const record = this.import(call);
    if (record.status !== 'created') throw new HttpError(422, 'Validation failed', ['The import is already completed']);
    record.status = 'processing';
    record.message = optionalText(call.body, 'message') ?? null;
    for (const upload of record.tables) {
      if (upload.status === 'uploaded') upload.status = 'processing';
      else if (upload.status === 'created') {
        upload.status = 'failed';
        upload.message = 'No upload was confirmed for this table';
      }
    }
    const fault = call.fault;
    if (fault?.kind !== 'importNeverEnds') {
      const forced = fault?.kind === 'importFailed' ? (fault.message ?? 'Import failed') : undefined;
      this.context.jobs.start(() => processImport(record, this.context, forced));
    }
    return json(importView(record));
  }

  private import(call: Call): ImportRecord {
    const record = this.imports[Number(call.params['id']) - 1];
    if (record === undefined) throw notFound('Import');
    return record;
  }

  private openTable(call: Call): ImportTableRecord {
    const upload = this.tableOf(call);
    if (upload === undefined) throw notFound('Import table');
    if (upload.import.status !== 'created') {
      throw new HttpError(422, 'Validation failed', ['The import is already completed']);
    }
    return upload;
  }
}
