import { z } from 'zod';
import { branchDefinitionSchema, domainDefinitionSchema } from '../sandbox/titanrdm/definitions.js';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/sandbox.js';
import { loadYaml } from '../workers/config/index.js';

/** A file of definitions for the sandbox: what is left out is the demonstration's. */
const definitionsSchema = z.strictObject({
  branches: z.array(branchDefinitionSchema).optional(),
  domains: z.array(domainDefinitionSchema).optional(),
});

/** Starts the local TitanRDM, with the branches, domains and tables of a YAML or JSON file when one is named. */
export async function startSandbox(options: {
  definitions?: string | undefined;
  port?: number;
}): Promise<TitanSandbox> {
  const { definitions, port = 0 } = options;
  const content = definitions === undefined ? {} : await loadYaml(definitions, definitionsSchema);
  return startTitanSandbox({ port, ...content });
}

/** How to reach it, in the order of keys that `tidemark sandbox` prints. */
export const accessOf = ({ url, clientId, clientSecret }: TitanSandbox) => ({ url, clientId, clientSecret });
