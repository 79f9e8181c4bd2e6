import type { WorkerPlugin } from '@temporalio/worker';
import { TidemarkError } from '../../contracts/errors.js';

export interface TracingOptions {
  /** Address that takes traces as OTLP over HTTP, for instance `http://collector:4318/v1/traces`. */
  endpoint: string;
  /** What this process is called in traces. */
  service: string;
}

export interface Tracing {
  plugin: WorkerPlugin;
  /** Sends what has not been sent. To be called when the worker has ended. */
  shutdown: () => Promise<void>;
}

/**
 * Traces of workflows and steps through Temporal's own interceptors. Their packages are loaded only here, when they are asked for.
 *
 * @throws TidemarkError `TRACING_UNAVAILABLE` when one is not installed
 */
export async function startTracing({ endpoint, service }: TracingOptions): Promise<Tracing> {
  const { interceptors, exporter, sdk, resources } = await packages();
  const resource = new resources.Resource({ 'service.name': service });
  const processor = new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter({ url: endpoint }));
  const provider = new sdk.NodeTracerProvider({ resource, spanProcessors: [processor] });
  // Global, as OpenTelemetry wants it: other instrumentations of the process join the same traces.
  provider.register();
  return {
    plugin: new interceptors.OpenTelemetryPlugin({ resource, spanProcessor: processor }),
    shutdown: () => provider.shutdown(),
  };
}

async function packages() {
  try {
    const [interceptors, exporter, sdk, resources] = await Promise.all([
      import('@temporalio/interceptors-opentelemetry'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/resources'),
    ]);
    return { interceptors, exporter, sdk, resources };
  } catch (cause) {
    throw new TidemarkError("Traces are asked for, and OpenTelemetry's packages cannot be loaded.", {
      code: 'TRACING_UNAVAILABLE',
      retryable: false,
      mend:
        'Install them beside Tidemark: npm install @temporalio/interceptors-opentelemetry @opentelemetry/exporter-trace-otlp-http@0.57 ' +
        '@opentelemetry/sdk-trace-node@1 @opentelemetry/resources@1',
      cause,
    });
  }
}
