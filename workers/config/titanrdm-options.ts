import type { TitanRdmClientOptions } from '../../connectors/titanrdm/options.js';
import type { TitanRdmConnectionConfig } from '../../contracts/config.js';

const milliseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : Math.ceil(seconds * 1_000));

/** A configured connection as options of the connector: people write seconds and tries, the connector takes milliseconds and retries. */
export function titanRdmClientOptions(connection: TitanRdmConnectionConfig): TitanRdmClientOptions {
  const { url, clientId, clientSecret, maxFileBytes, timeouts, retry } = connection;
  return {
    url,
    clientId,
    clientSecret,
    ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
    timeouts: defined({
      connectMs: milliseconds(timeouts?.connectSeconds),
      requestMs: milliseconds(timeouts?.requestSeconds),
      completeMs: milliseconds(timeouts?.completeSeconds),
      transferIdleMs: milliseconds(timeouts?.transferIdleSeconds),
    }),
    retry: defined({
      limit: retry?.attempts === undefined ? undefined : retry.attempts - 1,
      maxDelayMs: milliseconds(retry?.maxDelaySeconds),
    }),
  };
}

/** Without the keys that say nothing: the connector's defaults hold for them. */
function defined<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }; // the filter has taken out undefined
}
