import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { TidemarkConfig } from 'tidemark';
import { amsPlugin, resultsLocation, titanRdmPlugin, type Connections } from 'tidemark/plugins';

/** A worker of one's own: one module of workflows, Tidemark's plugins, and room for activities and plugins of your own beside it. */
export async function createWorker(
  config: TidemarkConfig,
  { titanrdm, ams, stores }: Connections,
  connection: NativeConnection,
  namespace: string,
): Promise<Worker> {
  // A folder or a place in S3, as the config says.
  const results = resultsLocation(config.results);
  return Worker.create({
    connection,
    namespace,
    taskQueue: config.temporal.taskQueue,
    workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
    plugins: [
      titanRdmPlugin({ connections: titanrdm, stores, results }),
      amsPlugin({ connections: ams, stores, results }),
    ],
  });
}
