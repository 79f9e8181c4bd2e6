import { startAmsSandbox, type AmsSandbox } from '../sandbox/ams/index.js';
import { sandboxContentSchema } from '../sandbox/content.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { loadYaml } from '../workers/config/index.js';

export interface StartSandboxOptions {
  definitions?: string | undefined;
  port?: number;
}

/** Starts the local TitanRDM, with the branches, domains and tables of a YAML or JSON file when one is named. */
export async function startSandbox({ definitions, port = 0 }: StartSandboxOptions): Promise<TitanSandbox> {
  const { ams: _ams, ...content } = await contentOf(definitions);
  return startTitanSandbox({ port, ...content });
}

/** Starts the local AMS, with the forms and users of the same file. */
export async function startLocalAms({ definitions, port = 0 }: StartSandboxOptions): Promise<AmsSandbox> {
  const { ams } = await contentOf(definitions);
  return startAmsSandbox({ port, ...ams });
}

async function contentOf(definitions: string | undefined) {
  return definitions === undefined ? sandboxContentSchema.parse({}) : loadYaml(definitions, sandboxContentSchema);
}

/** How to reach it, in the order of keys that `tidemark sandbox` prints. */
export const accessOf = ({ url, clientId, clientSecret }: TitanSandbox) => ({ url, clientId, clientSecret });
export const amsAccessOf = ({ url, username, password }: AmsSandbox) => ({ url, username, password });
