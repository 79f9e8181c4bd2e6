import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { ChildProgram } from './child-program.js';
import { programFile } from './programs.js';
import { SandboxControl } from './sandbox-control.js';
import { filesBelow } from './store-files.js';
import { Tenant } from './tenant.js';

export interface TitanSystemOptions {
  /** The folder that its own one is made in. */
  folder: string;
  sandbox: TitanSandboxOptions;
  /** Takes every line that it prints. */
  log: (line: string) => void;
}

/** A sandbox of TitanRDM in a process of its own, and the ways to it. */
export class TitanSystem {
  /** Its control API. */
  readonly sandbox: SandboxControl;
  /** Loads data behind the back of the code under test. */
  readonly tenant: Tenant;

  private constructor(
    readonly program: ChildProgram,
    private readonly access: { url: string; clientId: string; clientSecret: string },
    private readonly folder: string,
  ) {
    const { url, clientId, clientSecret } = access;
    this.sandbox = new SandboxControl(url);
    this.tenant = new Tenant(url, clientId, clientSecret);
  }

  static async start({ folder, sandbox, log }: TitanSystemOptions): Promise<TitanSystem> {
    const dataDirectory = path.join(folder, 'sandbox-temp');
    await mkdir(dataDirectory, { recursive: true });
    const program = await ChildProgram.start('the sandbox', programFile('sandbox-process'), {
      args: [JSON.stringify({ ...sandbox, dataDirectory })],
      log,
    });
    const [url = '', clientId = '', clientSecret = ''] = ['url', 'clientId', 'clientSecret'].map((key) =>
      String(program.ready[key]),
    );
    return new TitanSystem(program, { url, clientId, clientSecret }, dataDirectory);
  }

  get clientSecret(): string {
    return this.access.clientSecret;
  }

  /** As a connection of the config. */
  get connection(): object {
    return {
      type: 'titanrdm',
      ...this.access,
      // Short, so that many faults fit into minutes; the code under test is the same.
      timeouts: { connectSeconds: 2, requestSeconds: 3, completeSeconds: 3, transferIdleSeconds: 3 },
      retry: { attempts: 4, maxDelaySeconds: 1 },
    };
  }

  /** Ends it; names the temporary files that are left, which should be none. */
  async stop(): Promise<string[]> {
    await this.program.stop();
    return filesBelow(this.folder);
  }
}
