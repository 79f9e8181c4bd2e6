import { Client, Connection } from '@temporalio/client';
import { TidemarkError } from '../../contracts/errors.js';
import type { TemporalTarget } from './target.js';

export interface TemporalClient {
  client: Client;
  target: TemporalTarget;
  close(): Promise<void>;
}

/**
 * Connects to Temporal and asks for the namespace, so that a wrong address or name is known before anything is started.
 *
 * @throws TidemarkError `TEMPORAL_UNREACHABLE`, `TEMPORAL_NAMESPACE`
 */
export async function connectTemporal(target: TemporalTarget): Promise<TemporalClient> {
  const connection = await Connection.connect({ connectTimeout: '10 s', ...target.connectionOptions }).catch(
    (cause: unknown) => {
      throw new TidemarkError(`Temporal at ${target.address} (from ${target.from}) does not answer.`, {
        code: 'TEMPORAL_UNREACHABLE',
        retryable: true,
        mend: 'Start a local one with `tidemark dev`, or set TEMPORAL_ADDRESS or temporal.address of the config.',
        cause,
      });
    },
  );
  const { namespace, dataConverter } = target;
  const client = new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) });
  try {
    await connection.workflowService.describeNamespace({ namespace: target.namespace });
  } catch (cause) {
    await connection.close();
    throw new TidemarkError(
      `Temporal at ${target.address} has no namespace "${target.namespace}", or does not let us see it.`,
      {
        code: 'TEMPORAL_NAMESPACE',
        retryable: false,
        mend: 'Check temporal.namespace of the config or TEMPORAL_NAMESPACE, and the rights of the API key or certificate.',
        cause,
      },
    );
  }
  return { client, target, close: () => connection.close() };
}
