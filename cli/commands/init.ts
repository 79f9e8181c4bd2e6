import type { Command } from 'commander';
import type { InitOptions } from '../actions/init.js';
import { tidemarkCommand } from '../command.js';

export function initCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<InitOptions>(
    {
      usage: 'init',
      summary: 'writes a tidemark.yaml from a domain discovered in a tenant',
      description: `Signs in to the tenant, looks at the domain's deployed tables, and writes a config with the tenant, a folder of files, and a pipeline each
way; the tables are listed as a comment. Nothing is changed in the tenant, and no file is ever overwritten.

The credentials are read from the two variables, and the config names the variables: it holds no secret. What is missing is asked for
on a terminal; elsewhere it is an error that names the option. --config names the file (default: tidemark.yaml, here); the folder of
the tables is made beside it, empty.

Exit codes: 0 it was written; 1 the tenant did not answer, or has no such domain; 2 something is missing, or the file is there already.`,
      examples: [
        ['tidemark init', 'asks for what it needs'],
        [
          'tidemark init --url https://acme.titanrdm.com --domain Geography',
          'with TITANRDM_CLIENT_ID and TITANRDM_CLIENT_SECRET set',
        ],
        ['tidemark init --url sandbox --domain Customer', 'beside a `tidemark dev` that is up in this folder'],
      ],
      options: (command) =>
        command
          .option('--url <url>', 'address of the tenant, or sandbox')
          .option('--domain <name>', 'display name of the domain (default: the only one)')
          .option('--branch <name>', 'name of the branch', 'main')
          .option('--client-id-env <name>', 'variable that holds the client id', 'TITANRDM_CLIENT_ID')
          .option('--client-secret-env <name>', 'variable that holds the client secret', 'TITANRDM_CLIENT_SECRET')
          .option('--store <folder>', 'folder of the tables', 'tables'),
      load: () => import('../actions/init.js'),
    },
    finish,
  );
}
