import { z } from 'zod';
import { commonControlRoutes, controlBody, controlRoute } from '../http/control-routes.js';
import type { Faults } from '../http/faults.js';
import { json, type Call, type Route } from '../http/http.js';
import type { RequestLog } from '../http/request-log.js';
import { branchDefinitionSchema, domainDefinitionSchema, tableDefinitionSchema } from './definitions.js';
import { faultRuleSchema, type FaultRule, type FaultRuleInput } from './fault-rules.js';
import type { TitanSandbox } from './titan-sandbox.js';
import { settingsSchema } from './settings.js';

const tableRequestSchema = z.strictObject({ domain: z.string().min(1), table: tableDefinitionSchema });

/** The same as the library's calls, for other processes. */
export function controlRoutes(
  sandbox: TitanSandbox,
  faults: Faults<FaultRule, FaultRuleInput>,
  requests: RequestLog,
): Route[] {
  return [
    ...commonControlRoutes({
      faults,
      ruleSchema: faultRuleSchema,
      requests,
      changeSchema: settingsSchema.partial(),
      sandbox,
    }),
    controlRoute('POST', 'branches', async (call) =>
      json(sandbox.addBranch(await controlBody(call, branchDefinitionSchema)), 201),
    ),
    controlRoute('POST', 'domains', async (call) =>
      json(sandbox.addDomain(await controlBody(call, domainDefinitionSchema)), 201),
    ),
    controlRoute('POST', 'tables', async (call) => {
      const { domain, table } = await controlBody(call, tableRequestSchema);
      return json({ deployed: sandbox.defineTable(domain, table) }, 201);
    }),
    controlRoute('GET', 'state', async () =>
      json({ imports: sandbox.importStatuses(), tables: await sandbox.states() }),
    ),
    controlRoute('GET', 'tables/:table/state', async (call) => json(await sandbox.state(...address(call)))),
    controlRoute('GET', 'tables/:table/rows', async (call) => {
      const limit = call.url.searchParams.get('limit');
      const [table, options] = address(call);
      return json({ rows: await sandbox.rows(table, { ...options, limit: Number(limit ?? 1_000) }) });
    }),
    controlRoute('GET', 'tokens', () => json({ issued: sandbox.issuedTokens })),
    controlRoute('POST', 'tokens/revoke', () => {
      sandbox.revokeTokens();
      return json({ revoked: true });
    }),
    controlRoute('POST', 'idle', async () => {
      await sandbox.idle();
      return json({ idle: true });
    }),
  ];
}

function address(call: Call): [string, { branch?: string }] {
  const branch = call.url.searchParams.get('branch');
  return [call.params['table'] ?? '', branch === null ? {} : { branch }];
}
