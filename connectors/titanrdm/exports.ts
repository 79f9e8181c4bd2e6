import type { Api } from './api.js';
import type { TitanErrorCode } from './error-codes.js';
import { titanError } from './errors.js';
import { normaliseMark } from './mark.js';
import { apiPath } from './path.js';
import type { TitanRdm } from './port.js';
import { withKnown } from './reply-shape.js';
import { type Export, exportSchema, UNKNOWN_STATUS } from './schema.js';

type Id = number | string;
type Signal = AbortSignal | undefined;

export async function createExport(
  api: Api,
  input: Parameters<TitanRdm['createExport']>[0],
  signal: Signal,
): Promise<Export & { askedAt: string | null }> {
  const mark = input.highWaterMark === undefined ? undefined : normaliseMark(input.highWaterMark);
  if (input.pattern === 'incremental' && mark === undefined) {
    throw titanError('TITAN_BAD_MARK', "Pattern 'incremental' needs a high watermark");
  }
  const json = {
    branch_id: input.branchId,
    table_definition_key: input.tableKey,
    pattern: input.pattern,
    include_history: input.includeHistory,
    ...(input.correlationCode === undefined || input.correlationCode === ''
      ? {}
      : { correlation_code: input.correlationCode }),
    ...(mark === undefined ? {} : { high_water_mark: mark }),
  };
  const codeOf = input.pattern === 'incremental' ? incrementalCode : undefined;
  let askedAt: string | null = null;
  const created = await api.call(
    {
      method: 'POST',
      path: '/api/exports/new',
      json,
      schema: withKnown(exportSchema, { status: UNKNOWN_STATUS }),
      once: true,
      onClock: (before) => (askedAt = before?.toISOString() ?? null),
      ...(codeOf === undefined ? {} : { codeOf }),
    },
    signal,
  );
  return { ...created, askedAt };
}

export async function getExport(api: Api, id: Id, signal: Signal): Promise<Export> {
  const path = apiPath`/api/exports/${id}`;
  return await api.call({ method: 'GET', path, schema: withKnown(exportSchema, { id }) }, signal);
}

/** Whether a tenant offers incremental exports at all is not told beforehand: one page of TitanRDM's documentation denies it. */
function incrementalCode(status: number, text: string): TitanErrorCode | undefined {
  if (status === 501) return 'TITAN_INCREMENTAL_REFUSED';
  const saysSo = /incremental|only full|full (exports?|pattern)? ?only/iu.test(text);
  return (status === 400 || status === 422) && saysSo ? 'TITAN_INCREMENTAL_REFUSED' : undefined;
}
