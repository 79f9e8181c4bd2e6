import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { commands } from '../cli/program.js';
import { configSchema } from '../contracts/config.js';
import { OPERATION_WORKFLOWS } from '../contracts/nexus.js';
import { checkConfig } from '../workers/config/check.js';
import { ConfigError } from '../workers/config/errors.js';
import { readYaml } from '../workers/config/read-yaml.js';

const pages = [
  'README.md',
  'examples/reference-data/README.md',
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
].map((name) => ({ name, text: readFileSync(name, 'utf8') }));

/** Each `tidemark COMMAND --option` of a page, in a block or within a line. */
function commandLines(text: string): { command: string; options: string[] }[] {
  return [...text.matchAll(/(?:^|[`$] ?|-s )tidemark (?:-- )?([a-z][a-z-]+)([^`#|)\n]*)/gmu)].map(
    ([, command = '', rest = '']) => ({ command, options: rest.match(/(?<= )--[a-z-]+/gu) ?? [] }),
  );
}

const blocks = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/^```yaml\n(.*?)^```/gmsu)].map(({ 1: yaml = '', index }) => ({
    place: `${name}:${text.slice(0, index).split('\n').length}`,
    yaml,
  })),
);
/** The others are pieces of a pipeline. */
const configs = blocks.filter(({ yaml }) => Object.keys(configSchema.shape).some((key) => yaml.startsWith(`${key}:`)));

/** Every variable has a value that fits where the pages use it. */
const environment = new Proxy<Record<string, string>>(
  {},
  { get: (_, name) => (String(name).includes('KEY') ? `${'A'.repeat(43)}=` : 'https://example.com') },
);

describe('the docs', () => {
  it.each(pages)('name commands and options that there are: $name', ({ text }) => {
    const known = new Map(commands.map((create) => create(() => undefined)).map((made) => [made.name(), made]));
    for (const { command, options } of commandLines(text)) {
      const made = known.get(command);
      expect([command, made?.name()]).toEqual([command, command]);
      const named = ['--help', ...(made?.options ?? []).map(({ long }) => long)];
      expect(named).toEqual(expect.arrayContaining(options));
    }
  });

  it.each(configs)('show configs that are valid: $place', ({ place, yaml }) => {
    const text = yaml.includes('version:') ? yaml : `version: 1\n${yaml}`;
    // Connections stand on another page.
    const elsewhere = (message: string): boolean => message.startsWith('no connection has this name');
    try {
      checkConfig(readYaml(place, text), configSchema, environment);
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems.map(({ message }) => message) : [String(error)];
      expect(problems.filter((message) => !elsewhere(message))).toEqual([]);
    }
  });

  it('list every operation of the Nexus service', () => {
    const { text = '' } = pages.find(({ name }) => name === 'docs/from-workflows.md') ?? {};
    for (const [operation, workflow] of Object.entries(OPERATION_WORKFLOWS))
      expect(text).toMatch(new RegExp(`^\\|.*\`${operation}\`.*\\|.*\`${workflow}\``, 'mu'));
  });
});
