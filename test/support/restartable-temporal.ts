import { connect } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { startDevServer, type DevServer, type StartDevServerOptions } from '../../workers/dev-server/index.js';

/** What ends a server: a request, or no chance to do anything. */
export type EndingSignal = 'SIGTERM' | 'SIGKILL';

/** A Temporal server of one's own whose database is a file: it can be ended, and comes back at the same address with all it knew. */
export class RestartableTemporal {
  private constructor(
    private readonly options: StartDevServerOptions,
    private server: DevServer,
  ) {}

  /** `folder` exists, and keeps the database. */
  static async start(folder: string, given: StartDevServerOptions = {}): Promise<RestartableTemporal> {
    const options: StartDevServerOptions = {
      ...given,
      // Whatever server the environment names: that one is not ours to end.
      env: { ...process.env, TEMPORAL_ADDRESS: undefined, TEMPORAL_PROFILE: undefined },
      dbFile: path.join(folder, 'temporal.db'),
    };
    const server = await startDevServer(options);
    return new RestartableTemporal({ ...options, port: portOf(server) }, server);
  }

  get address(): string {
    return this.server.address;
  }

  get namespace(): string {
    return this.server.namespace;
  }

  /** Ends the server, and starts it again after `whileAway`. Tells whether it was really gone, and another process came back. */
  async restart(signal: EndingSignal, whileAway: () => Promise<void> = () => Promise.resolve()): Promise<boolean> {
    const { pid } = this.server;
    if (pid === undefined) throw new Error('the server is not ours');
    process.kill(pid, signal);
    await this.server.stop();
    const wasGone = !(await this.listens());
    await whileAway();
    this.server = await startDevServer(this.options);
    return wasGone && this.server.pid !== pid;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Whether anybody takes connections where the server was. */
  private async listens(): Promise<boolean> {
    const socket = connect({ host: '127.0.0.1', port: portOf(this.server) });
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      // Refused.
      return false;
    } finally {
      socket.destroy();
    }
  }
}

function portOf({ address }: DevServer): number {
  return Number(address.split(':').at(-1));
}
