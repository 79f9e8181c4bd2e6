import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from './sources.mjs';

/**
 * The contracts as modules whose zod schemas carry their own TSDoc: each field and schema with a comment is wrapped in a call of
 * `.describe()`. So the texts stand once, where a developer reads them, and the JSON Schema and the reference have them too.
 */
export async function describedContracts() {
  const source = path.join(root, 'contracts');
  // A folder of its own for each process: a module of a given address is loaded once, and others may build at the same time.
  const folder = path.join(root, '.tidemark', `described-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    const names = (await readdir(source)).filter((name) => name.endsWith('.ts')).sort();
    for (const name of names) {
      const text = describeFields(name, await readFile(path.join(source, name), 'utf8'));
      const { outputText } = ts.transpileModule(text, {
        compilerOptions: { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2023 },
      });
      await writeFile(path.join(folder, name.replace(/\.ts$/, '.js')), outputText);
    }
    const modules = await Promise.all(
      names.map((name) => import(pathToFileURL(path.join(folder, name.replace(/\.ts$/, '.js'))).href)),
    );
    return Object.assign({}, ...modules);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const HELPER =
  '\nfunction describeSchema(value, text) { return value?._zod === undefined ? value : value.describe(text); }\n';

/** The source with each commented property and constant wrapped; what is no schema at run time is left as it is. */
function describeFields(name, text) {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true);
  const edits = [];
  const wrap = (node, comment, before = '') => {
    edits.push({ at: node.getStart(), insert: `${before}describeSchema(` });
    edits.push({ at: node.getEnd(), insert: `, ${JSON.stringify(comment)})` });
  };
  const visit = (node) => {
    const comment = commentOf(node);
    if (comment !== undefined) {
      if (ts.isPropertyAssignment(node)) wrap(node.initializer, comment);
      else if (ts.isShorthandPropertyAssignment(node)) wrap(node.name, comment, `${node.name.text}: `);
      else if (ts.isVariableStatement(node)) {
        const [first] = node.declarationList.declarations;
        if (first.initializer !== undefined) wrap(first.initializer, comment);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  // From the end, so that places before stay what they are; at the same place the inner one first.
  edits.sort((a, b) => b.at - a.at);
  let result = text;
  for (const { at, insert } of edits) result = result.slice(0, at) + insert + result.slice(at);
  return result + HELPER;
}

function commentOf(node) {
  const comment = node.jsDoc?.at(-1)?.comment;
  const text = ts.getTextOfJSDocComment(comment);
  return text === undefined || text === ''
    ? undefined
    : text.replaceAll(/\{@link (\w+)\}/g, '$1').replaceAll(/\s+/g, ' ');
}
