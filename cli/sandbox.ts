import { sandboxContentSchema, startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { loadYaml } from '../workers/config/index.js';

/** Starts the local TitanRDM, with the branches, domains and tables of a YAML or JSON file when one is named. */
export async function startSandbox(options: {
  definitions?: string | undefined;
  port?: number;
}): Promise<TitanSandbox> {
  const { definitions, port = 0 } = options;
  const content = definitions === undefined ? {} : await loadYaml(definitions, sandboxContentSchema);
  return startTitanSandbox({ port, ...content });
}

/** How to reach it, in the order of keys that `tidemark sandbox` prints. */
export const accessOf = ({ url, clientId, clientSecret }: TitanSandbox) => ({ url, clientId, clientSecret });
