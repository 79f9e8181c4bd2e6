import { TidemarkError } from '../../contracts/errors.js';
import { TitanRdmClient, type TitanLogEntry, type TitanRdmClientOptions } from '../../connectors/titanrdm/index.js';

export const CLIENT_SECRET = 's3cr3t-of-the-client';

/** A client that tries again at once, so that tests of faults are quick. */
export function quickClient(
  url: string,
  options: Partial<TitanRdmClientOptions> & { log?: (entry: TitanLogEntry) => void } = {},
): TitanRdmClient {
  return new TitanRdmClient({
    url,
    clientId: 'client',
    clientSecret: CLIENT_SECRET,
    retry: { limit: 3, firstDelayMs: 1, maxDelayMs: 5 },
    timeouts: { requestMs: 5_000, completeMs: 5_000, transferIdleMs: 5_000 },
    ...options,
  });
}

/** The TidemarkError that a call fails with; another outcome fails the test. */
export async function failure(call: Promise<unknown>): Promise<TidemarkError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof TidemarkError)) throw new Error(`expected a TidemarkError, got ${String(error)}`);
  return error;
}

/** All that can be seen of an error: own fields, stack, and its causes. */
export function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fields = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return `${fields.join('\n')}\n${JSON.stringify(error)}\n${everything(error.cause)}`;
}
