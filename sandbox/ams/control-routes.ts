import { commonControlRoutes, controlBody, controlRoute } from '../http/control-routes.js';
import type { Faults } from '../http/faults.js';
import { json, type Route } from '../http/http.js';
import type { RequestLog } from '../http/request-log.js';
import type { AmsSandbox } from './ams-sandbox.js';
import { accountDefinitionSchema, formDefinitionSchema, userDefinitionSchema } from './definitions.js';
import { amsFaultRuleSchema, type AmsFaultRule, type AmsFaultRuleInput } from './fault-rules.js';
import { amsSettingsSchema } from './settings.js';

/** The same as the library's calls, for other processes. */
export function controlRoutes(
  sandbox: AmsSandbox,
  faults: Faults<AmsFaultRule, AmsFaultRuleInput>,
  requests: RequestLog,
): Route[] {
  return [
    ...commonControlRoutes({
      faults,
      ruleSchema: amsFaultRuleSchema,
      requests,
      changeSchema: amsSettingsSchema.partial(),
      sandbox,
    }),
    controlRoute('POST', 'forms', async (call) =>
      json(sandbox.addForm(await controlBody(call, formDefinitionSchema)), 201),
    ),
    controlRoute('POST', 'users', async (call) =>
      json(sandbox.addUser(await controlBody(call, userDefinitionSchema)), 201),
    ),
    controlRoute('POST', 'accounts', async (call) =>
      json(sandbox.addAccount(await controlBody(call, accountDefinitionSchema)), 201),
    ),
    controlRoute('GET', 'users', () => json({ users: sandbox.users })),
    controlRoute('GET', 'forms/:form/profiles', ({ params }) =>
      json({ profiles: sandbox.profiles(params['form'] ?? '') }),
    ),
    controlRoute('GET', 'sessions', () => json({ issued: sandbox.issuedSessions })),
    controlRoute('POST', 'sessions/end', () => {
      sandbox.endSessions();
      return json({ ended: true });
    }),
  ];
}
