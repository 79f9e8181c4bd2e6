import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describedContracts } from './described-contracts.mjs';
import { reference } from './reference.mjs';
import { root } from './sources.mjs';

/** What is made from the schemas and committed: path in the checkout → text. And the fields that nobody has described. */
export async function documents() {
  const contracts = await describedContracts();
  const { text, missing } = reference(contracts);
  const schema = `${JSON.stringify(contracts.configJsonSchema(), null, 2)}\n`;
  return { files: { 'schema/tidemark.schema.json': schema, 'docs/reference.md': text }, missing };
}

export async function writeDocuments() {
  const { files } = await documents();
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) await writeFile(file, text);
  }
}
