import type { TitanRdmConnection } from '../activities/index.js';
import {
  TitanRdmClient,
  titanRdmClientOptionsSchema,
  type TitanRdmClientOptions,
} from '../connectors/titanrdm/index.js';

/** A tenant as the activities use it. Error `TITAN_BAD_OPTIONS`. */
export function titanRdmConnection(options: TitanRdmClientOptions): TitanRdmConnection {
  const client = new TitanRdmClient(options);
  return { client, maxFileBytes: titanRdmClientOptionsSchema.parse(options).maxFileBytes };
}

/** By name; what is opened already is taken as it is. */
export function titanConnections(
  given: Readonly<Record<string, TitanRdmClientOptions | TitanRdmConnection>>,
): Record<string, TitanRdmConnection> {
  return Object.fromEntries(
    Object.entries(given).map(([name, each]) => [name, 'client' in each ? each : titanRdmConnection(each)]),
  );
}
