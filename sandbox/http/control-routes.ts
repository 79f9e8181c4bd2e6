import { z } from 'zod';
import type { CommonFaultRule } from './fault-rules.js';
import type { Faults } from './faults.js';
import { HttpError, json, parseJson, readBody, type Call, type Reply, type Route } from './http.js';
import type { RequestLog } from './request-log.js';
import type { RunningSandbox } from './running-sandbox.js';

export interface ControlContext<Rule extends CommonFaultRule, Input> {
  faults: Faults<Rule, Input>;
  ruleSchema: z.ZodType<Rule, Input>;
  requests: RequestLog;
  /** The product's settings, all of them optional. */
  changeSchema: z.ZodType<object>;
  sandbox: Pick<RunningSandbox<object, object, never>, 'configure' | 'settings' | 'pauseListening'>;
}

const stopSchema = z.strictObject({ forMs: z.number().nonnegative().max(600_000) });

/**
 * A call for other processes, under `/_sandbox/`. Needs no token, meets no fault and no latency, and is in no request log: it is no part
 * of the product.
 */
export function controlRoute(method: string, path: string, handler: (call: Call) => Promise<Reply> | Reply): Route {
  return { name: `sandbox ${method} ${path}`, method, path: `/_sandbox/${path}`, handler, access: 'open' };
}

/** What every sandbox can be asked: settings, faults, requests, and to stop listening for a while. */
export function commonControlRoutes<Rule extends CommonFaultRule, Input>(
  context: ControlContext<Rule, Input>,
): Route[] {
  const { faults, requests, sandbox } = context;
  const rulesSchema = z.strictObject({ rules: z.array(z.unknown()) });
  const rulesOf = async (call: Call): Promise<Input[]> => {
    const { rules } = await controlBody(call, rulesSchema);
    for (const rule of rules) parsed(context.ruleSchema, rule);
    // Each has just been parsed as one.
    return rules as Input[];
  };
  return [
    controlRoute('GET', 'health', () => json({ ok: true })),
    controlRoute('GET', 'settings', () => json(sandbox.settings)),
    controlRoute('PATCH', 'settings', async (call) => {
      const given = parseJson(await readBody(call.request));
      const changes = parsed(context.changeSchema, given);
      // Defaults fill in what was not given: only what was named may change.
      sandbox.configure(Object.fromEntries(Object.entries(changes).filter(([name]) => name in given)));
      return json(sandbox.settings);
    }),
    controlRoute('PUT', 'faults', async (call) => {
      faults.set(await rulesOf(call));
      return json({ rules: faults.list() });
    }),
    controlRoute('POST', 'faults', async (call) => {
      faults.add(await rulesOf(call));
      return json({ rules: faults.list() }, 201);
    }),
    controlRoute('DELETE', 'faults', () => {
      faults.set([]);
      return json({ rules: [] });
    }),
    controlRoute('GET', 'faults', () => json({ rules: faults.list() })),
    controlRoute('GET', 'faults/log', () =>
      json({ total: faults.log.length, counts: countsOf(faults.log), log: faults.log }),
    ),
    controlRoute('GET', 'requests', ({ url }) => {
      const limit = Number(url.searchParams.get('limit') ?? 1_000);
      const { counts, mostUnderWay, entries } = requests;
      return json({ counts, mostUnderWay, latest: entries.slice(-limit) });
    }),
    controlRoute('DELETE', 'requests', () => {
      requests.clear();
      return json({ counts: requests.counts, mostUnderWay: requests.mostUnderWay, latest: [] });
    }),
    controlRoute('POST', 'stop-listening', async (call) => {
      const { forMs } = await controlBody(call, stopSchema);
      call.response.once('finish', () => void sandbox.pauseListening(forMs));
      return json({ stoppedForMs: forMs });
    }),
  ];
}

/** The body of a control call, checked. */
export async function controlBody<T extends z.ZodType>(call: Call, schema: T): Promise<z.output<T>> {
  return parsed(schema, parseJson(await readBody(call.request)));
}

function countsOf(log: readonly { kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of log) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
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
