import { z } from 'zod';
import { branchDefinitionSchema, domainDefinitionSchema, tableDefinitionSchema } from './definitions.js';
import type { Faults } from './faults.js';
import { faultRuleSchema } from './fault-rules.js';
import { HttpError, json, parseJson, readBody, type Call, type Reply, type Route } from './http.js';
import type { RequestLog } from './request-log.js';
import type { TitanSandbox } from './titan-sandbox.js';
import { settingsSchema } from './settings.js';

const rulesSchema = z.strictObject({ rules: z.array(faultRuleSchema) });
const tableRequestSchema = z.strictObject({ domain: z.string().min(1), table: tableDefinitionSchema });
const settingsChangeSchema = settingsSchema.partial();
const stopSchema = z.strictObject({ forMs: z.number().nonnegative().max(600_000) });

/**
 * The same as the library's calls, for other processes, under `/_sandbox/`. Needs no token, meets no fault and no latency,
 * and is in no request log: it is no part of the product.
 */
export function controlRoutes(sandbox: TitanSandbox, faults: Faults, requests: RequestLog): Route[] {
  const route = (method: string, path: string, handler: (call: Call) => Promise<Reply> | Reply): Route => ({
    name: `sandbox ${method} ${path}`,
    method,
    path: `/_sandbox/${path}`,
    handler,
    access: 'open',
  });
  return [
    route('GET', 'health', () => json({ ok: true })),
    route('POST', 'branches', async (call) => json(sandbox.addBranch(await body(call, branchDefinitionSchema)), 201)),
    route('POST', 'domains', async (call) => json(sandbox.addDomain(await body(call, domainDefinitionSchema)), 201)),
    route('POST', 'tables', async (call) => {
      const { domain, table } = await body(call, tableRequestSchema);
      return json({ deployed: sandbox.defineTable(domain, table) }, 201);
    }),
    route('GET', 'settings', () => json(sandbox.settings)),
    route('PATCH', 'settings', async (call) => {
      const given = parseJson(await readBody(call.request));
      const changes = parsed(settingsChangeSchema, given);
      // Defaults fill in what was not given: only what was named may change.
      sandbox.configure(Object.fromEntries(Object.entries(changes).filter(([name]) => name in given)));
      return json(sandbox.settings);
    }),
    route('PUT', 'faults', async (call) => {
      faults.set((await body(call, rulesSchema)).rules);
      return json({ rules: faults.list() });
    }),
    route('POST', 'faults', async (call) => {
      faults.add((await body(call, rulesSchema)).rules);
      return json({ rules: faults.list() }, 201);
    }),
    route('DELETE', 'faults', () => {
      faults.set([]);
      return json({ rules: [] });
    }),
    route('GET', 'faults', () => json({ rules: faults.list() })),
    route('GET', 'faults/log', () => json({ total: faults.log.length, counts: countsOf(faults), log: faults.log })),
    route('GET', 'requests', ({ url }) => {
      const limit = Number(url.searchParams.get('limit') ?? 1_000);
      return json({ counts: requests.counts, latest: requests.entries.slice(-limit) });
    }),
    route('DELETE', 'requests', () => {
      requests.clear();
      return json({ counts: requests.counts, latest: [] });
    }),
    route('GET', 'state', async () => json({ imports: sandbox.importStatuses(), tables: await sandbox.states() })),
    route('GET', 'tables/:table/state', async (call) => json(await sandbox.state(...address(call)))),
    route('GET', 'tables/:table/rows', async (call) => {
      const limit = call.url.searchParams.get('limit');
      const [table, options] = address(call);
      return json({ rows: await sandbox.rows(table, { ...options, limit: Number(limit ?? 1_000) }) });
    }),
    route('GET', 'tokens', () => json({ issued: sandbox.issuedTokens })),
    route('POST', 'tokens/revoke', () => {
      sandbox.revokeTokens();
      return json({ revoked: true });
    }),
    route('POST', 'idle', async () => {
      await sandbox.idle();
      return json({ idle: true });
    }),
    route('POST', 'stop-listening', async (call) => {
      const { forMs } = await body(call, stopSchema);
      call.response.once('finish', () => void sandbox.pauseListening(forMs));
      return json({ stoppedForMs: forMs });
    }),
  ];
}

function address(call: Call): [string, { branch?: string }] {
  const branch = call.url.searchParams.get('branch');
  return [call.params['table'] ?? '', branch === null ? {} : { branch }];
}

function countsOf(faults: Faults): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of faults.log) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

async function body<T extends z.ZodType>(call: Call, schema: T): Promise<z.output<T>> {
  return parsed(schema, parseJson(await readBody(call.request)));
}

function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HttpError(
    400,
    'The request does not fit',
    result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
  );
}
