import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundJobs } from './background-jobs.js';
import type { Catalog } from './catalog.js';
import { errorSummary } from '../http/error-text.js';
import { exportView, type ExportRecord } from './export-records.js';
import { writeExport } from './export-files.js';
import type { CommonFaultRule } from '../http/fault-rules.js';
import {
  HttpError,
  json,
  notFound,
  optionalText,
  requiredText,
  type Call,
  type Reply,
  type Route,
} from '../http/http.js';
import { parseMark, type ServerClock } from './server-clock.js';
import type { SandboxSettings } from './settings.js';
import { storeError, type SignedUrls } from './signed-files.js';
import type { Storage } from './storage.js';

export interface ExportContext {
  catalog: Catalog;
  storage: Storage;
  clock: ServerClock;
  urls: SignedUrls;
  jobs: BackgroundJobs;
  settings: () => SandboxSettings;
  signal: AbortSignal;
}

/** Exports: created, written in the background, downloaded from signed addresses (fact sheet, section 9). */
export class Exports {
  readonly exports: ExportRecord[] = [];

  constructor(private readonly context: ExportContext) {}

  routes(): Route[] {
    return [
      {
        name: 'exports.new',
        method: 'POST',
        path: '/api/exports/new',
        access: 'signedIn',
        writes: true,
        handler: (call) => this.create(call),
      },
      {
        name: 'exports.get',
        method: 'GET',
        path: '/api/exports/:id',
        access: 'signedIn',
        handler: (call) => this.read(call),
      },
      {
        name: 'download.get',
        method: 'GET',
        path: '/storage/exports/:id/:file',
        access: 'signed',
        handler: (call) => this.download(call),
      },
    ];
  }

  /** The export that a call is about, for faults that single out a table. */
  exportOf(call: Call): ExportRecord | undefined {
    return this.exports[Number(call.params['id']) - 1];
  }

  private create(call: Call): Reply {
    const { body } = call;
    const branchId = requiredText(body, 'branch_id');
    if (!this.context.catalog.branches.some(({ id }) => String(id) === branchId)) throw notFound('Branch');
    const table = this.context.catalog.deployed(requiredText(body, 'table_definition_key'), branchId);
    if (table === undefined) throw notFound('Deployed table definition');
    const pattern = requiredText(body, 'pattern');
    if (pattern !== 'full' && pattern !== 'incremental') throw invalid('pattern must be full or incremental');
    const includeHistory = body['include_history'] ?? false;
    if (typeof includeHistory !== 'boolean') throw invalid('include_history must be true or false');
    const highWaterMark = optionalText(body, 'high_water_mark') ?? null;
    const since = highWaterMark === null ? undefined : parseMark(highWaterMark);
    if (highWaterMark !== null && since === undefined) throw invalid('high_water_mark is not an ISO 8601 instant');
    if (pattern === 'incremental' && since === undefined) throw invalid('high_water_mark is required for incremental');
    if (pattern === 'incremental' && this.context.settings().refuseIncremental) {
      throw invalid('Incremental exports are not available');
    }
    const record: ExportRecord = {
      id: this.exports.length + 1,
      table,
      pattern,
      includeHistory,
      highWaterMark,
      correlationCode: optionalText(body, 'correlation_code') ?? null,
      status: 'created',
      message: null,
      startedAt: null,
      completedAt: null,
      durationSeconds: null,
      rows: null,
      compressed: false,
      files: [],
    };
    this.exports.push(record);
    const reply = json(this.view(record, call), 201);
    this.context.jobs.start(() => this.run(record, since, call.fault));
    return reply;
  }

  /** The snapshot is taken, and `started_datetime` set, before the delay: later commits are not in the file. */
  private async run(
    record: ExportRecord,
    since: string | undefined,
    fault: CommonFaultRule | undefined,
  ): Promise<void> {
    const { storage, clock, settings, signal } = this.context;
    const started = performance.now();
    const { exportDelayMs } = settings();
    record.status = 'started';
    record.startedAt = clock.now();
    if (fault?.kind === 'exportNeverEnds') return;
    try {
      if (fault?.kind !== 'exportFailed') {
        await storage.withConnection((connection) => writeExport(storage, connection, record, since, settings()));
      }
      await sleep(Math.max(0, exportDelayMs - (performance.now() - started)), undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      // A fault of the sandbox: the export says so instead of running for ever.
      record.message = `Internal error: ${errorSummary(error)}`;
    }
    if (fault?.kind === 'exportFailed') record.message = fault.message ?? 'The export failed';
    record.durationSeconds = (performance.now() - started) / 1000;
    record.completedAt = clock.now();
    record.status = record.message === null ? 'finished' : 'failed';
  }

  private read(call: Call): Reply {
    const record = this.exportOf(call);
    if (record === undefined) throw notFound('Export');
    return json(this.view(record, call));
  }

  private view(record: ExportRecord, call: Call) {
    const { signedUrlTtlSeconds, finishedExportStatus, exportFileList } = this.context.settings();
    const ttl = call.fault?.kind === 'expiredUrl' ? -1 : signedUrlTtlSeconds;
    const host = call.request.headers.host ?? 'localhost';
    const files = record.status === 'finished' ? record.files : [];
    const urls = files.map((_, index) =>
      this.context.urls.sign('GET', host, `/storage/exports/${record.id}/${index}`, ttl),
    );
    return exportView(record, finishedExportStatus, urls, exportFileList);
  }

  private download(call: Call): Reply {
    const refusal = this.context.urls.refusal('GET', call.url);
    if (refusal !== undefined) return storeError(403, refusal);
    const record = this.exportOf(call);
    const file = record?.files[Number(call.params['file'])];
    if (record === undefined || file === undefined) return storeError(404, 'NoSuchKey');
    const contentType = record.compressed ? 'application/gzip' : 'text/csv';
    return { kind: 'file', status: 200, path: file.path, bytes: file.bytes, contentType };
  }
}

function invalid(message: string): HttpError {
  return new HttpError(422, 'Validation failed', [message]);
}
