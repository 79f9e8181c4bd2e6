import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { ClientConnectConfig } from '@temporalio/envconfig';

export interface ConfiguredServer {
  address: string;
  namespace: string;
  /** Options for `Connection.connect` and `NativeConnection.connect`: address, TLS, API key. Hold credentials: never to be logged. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
}

/** The server that `TEMPORAL_ADDRESS` or a Temporal profile (`TEMPORAL_PROFILE`, temporal.toml) names; undefined when neither does. */
export function configuredServer(env: NodeJS.ProcessEnv = process.env): ConfiguredServer | undefined {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const profile = loadClientConfigProfile({ overrideEnvVars });
  if (profile.address === undefined || profile.address === '') return undefined;
  const { connectionOptions, namespace } = toClientOptions(profile);
  return { address: profile.address, namespace: namespace ?? 'default', connectionOptions };
}
