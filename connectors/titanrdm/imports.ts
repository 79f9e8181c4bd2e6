import { z } from 'zod';
import type { Api } from './api.js';
import { apiPath } from './path.js';
import type { TitanRdm } from './port.js';
import { withKnown } from './reply-shape.js';
import {
  type Import,
  type ImportResult,
  importResultSchema,
  importSchema,
  type ImportTable,
  importTableSchema,
  UNKNOWN_STATUS,
} from './schema.js';

type Id = number | string;
type Signal = AbortSignal | undefined;

/** Longest message that is sent along with `complete` and `upload_failed`, in characters. */
const MAX_MESSAGE = 1_000;

export async function createImport(
  api: Api,
  input: Parameters<TitanRdm['createImport']>[0],
  signal: Signal,
): Promise<Import> {
  const json = withoutEmpty({
    branch_id: input.branchId,
    description: input.description,
    correlation_code: input.correlationCode,
  });
  const schema = withKnown(importSchema, { status: UNKNOWN_STATUS, ...json });
  return await api.call({ method: 'POST', path: '/api/imports/new', json, schema, once: true }, signal);
}

export async function createImportTable(
  api: Api,
  input: Parameters<TitanRdm['createImportTable']>[0],
  signal: Signal,
): Promise<ImportTable> {
  const json = withoutEmpty({
    import_id: input.importId,
    table_definition_key: input.tableKey,
    import_mapping_key: input.mappingKey,
    pattern: input.pattern,
    correlation_code: input.correlationCode,
  });
  // Without its address the table can never be filled.
  const schema = withKnown(importTableSchema.extend({ signed_s3_url: z.string().min(1) }), json);
  return await api.call({ method: 'POST', path: '/api/import_tables/new', json, schema, once: true }, signal);
}

export async function uploadComplete(api: Api, id: Id, signal: Signal): Promise<ImportTable> {
  const path = apiPath`/api/import_tables/${id}/upload_complete`;
  const schema = withKnown(importTableSchema, { id }, ['id', 'status']);
  return await api.call({ method: 'POST', path, schema, mayBeEmpty: true }, signal);
}

export async function uploadFailed(api: Api, id: Id, message: string, signal: Signal): Promise<void> {
  const path = apiPath`/api/import_tables/${id}/upload_failed`;
  // The message may quote an error of anybody's: what must not be seen is taken out here as well.
  const json = { message: api.redact.text(message).slice(0, MAX_MESSAGE) };
  await api.call({ method: 'POST', path, json, schema: z.unknown(), bodyIgnored: true }, signal);
}

export async function completeImport(api: Api, id: Id, message: string | undefined, signal: Signal): Promise<Import> {
  return await api.call(
    {
      method: 'POST',
      path: apiPath`/api/imports/${id}/complete`,
      ...(message === undefined || message === '' ? {} : { json: { message: message.slice(0, MAX_MESSAGE) } }),
      schema: withKnown(importSchema, { id, status: UNKNOWN_STATUS }, ['id', 'status']),
      // Whatever was answered here, reading the import tells what was done.
      wrongShape: 'TITAN_UNKNOWN_OUTCOME',
      once: true,
      mayBeEmpty: true,
      timeoutMs: api.settings.timeouts.completeMs,
    },
    signal,
  );
}

export async function getImportResult(api: Api, id: Id, signal: Signal): Promise<ImportResult> {
  const path = apiPath`/api/v1/imports/${id}`;
  return await api.call({ method: 'GET', path, schema: importResultOf(id) }, signal);
}

/** The asked-for id stands in for one that the reply leaves out, whether the import is wrapped or bare. */
function importResultOf(id: Id) {
  return z.preprocess(
    (reply) => {
      if (typeof reply !== 'object' || reply === null || !('import' in reply)) return reply;
      const inner = z.record(z.string(), z.unknown()).safeParse(reply.import);
      return inner.success ? { ...reply, import: { ...inner.data, id: inner.data['id'] ?? id } } : reply;
    },
    withKnown(importResultSchema, { id }),
  );
}

/** Empty texts are not sent, as in titan-rdm-sdk 2.0.0. */
function withoutEmpty(fields: Record<string, Id | undefined>): Record<string, Id> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Id] => field[1] !== undefined && field[1] !== ''),
  );
}
