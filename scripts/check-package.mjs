import './lib/check-node.mjs';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildWhenNeeded } from './lib/build-package.mjs';
import { run, runNpm } from './lib/run.mjs';
import { withScratchFolder } from './lib/scratch.mjs';
import { main } from './lib/set-up.mjs';
import { root } from './lib/sources.mjs';

/** Every way to start a workflow keeps its types: from a client, as a child by function and by name alone, and through Nexus. */
const typedStarts = `
import type { Client } from '@temporalio/client';
import { createNexusServiceClient, executeChild } from '@temporalio/workflow';
import { startWorkflow, type TidemarkWorkflows, type TitanImportBatchInput } from 'tidemark';
import { tidemarkService } from 'tidemark/nexus';
import { titanImportBatch } from 'tidemark/workflows';
export async function starts(client: Client, input: TitanImportBatchInput): Promise<number> {
  const run = await startWorkflow(client, 'titanImportBatch', input);
  const nexus = createNexusServiceClient({ endpoint: 'e', service: tidemarkService });
  const results = [
    await run.result(),
    await executeChild(titanImportBatch, { args: [input] }),
    await executeChild<TidemarkWorkflows['titanImportBatch']>('titanImportBatch', { args: [input] }),
    await nexus.executeOperation('importBatch', { ...input, workflowId: 'w' }),
  ];
  // @ts-expect-error -- the input of another workflow
  await startWorkflow(client, 'titanSyncDomains', input);
  // @ts-expect-error -- the input of another operation
  await nexus.executeOperation('ingest', input);
  return results.reduce((rows, { totals }) => rows + totals.rows, 0);
}
`;

// The packed package, as its users meet it: installed into an empty project, imported, type-checked, run; then judged by
// publint and by "are the types wrong".
await main(async () => {
  await buildWhenNeeded();
  return withScratchFolder('tidemark package', async (folder) => {
    const tarball = await pack(folder);
    const project = await installInto(folder, tarball);
    await importEverything(project);
    await compileTypes(project, 'NodeNext', 'NodeNext');
    await compileTypes(project, 'ESNext', 'bundler');
    await bundleWorkflows(project);
    await missS3(project);
    await runCommand(project);
    await must('publint', [tool('publint', 'src/cli.js'), 'run', tarball, '--strict'], root);
    await must('attw', [tool('@arethetypeswrong/cli', 'dist/index.js'), tarball, '--profile', 'esm-only'], root);
    console.log('The package is sound.');
    return 0;
  });
});

async function pack(folder) {
  const code = await runNpm(['pack', '--pack-destination', folder, '--ignore-scripts', '--silent'], { cwd: root });
  if (code !== 0) throw new Error('npm pack failed.');
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no file.');
  return path.join(folder, tarball);
}

/** An empty project that has this package and nothing else; npm adds the peers by itself. */
async function installInto(folder, tarball) {
  const project = path.join(folder, 'project');
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  const code = await runNpm(['install', '--no-audit', '--no-fund', tarball], { cwd: project });
  if (code !== 0) throw new Error('The package cannot be installed into an empty project.');
  return project;
}

async function entryPoints() {
  const { exports, name } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const points = Object.keys(exports).filter((point) => point !== './package.json');
  return points.map((point) => path.posix.join(name, point));
}

async function importEverything(project) {
  // Workflow code is meant for Temporal's sandbox, where these imports are bundled: here it is enough that it loads.
  for (const name of await entryPoints()) {
    const script = `const all = await import('${name}'); if (Object.keys(all).length === 0) throw new Error('exports nothing');`;
    await must(`import '${name}'`, ['--input-type=module', '-e', script], project);
  }
}

/** Our declarations are checked whole; what other packages' declarations have wrong is theirs. */
async function compileTypes(project, module, moduleResolution) {
  const points = await entryPoints();
  const lines = points.map((name, index) => `import * as point${index} from '${name}';\nexport { point${index} };\n`);
  await writeFile(path.join(project, 'uses.ts'), [...lines, typedStarts].join(''));
  const typeRoots = [path.join(root, 'node_modules', '@types')];
  const compilerOptions = {
    ...{ module, moduleResolution, target: 'ES2023', lib: ['ES2023'], noEmit: true, types: ['node'], typeRoots },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
  };
  await writeFile(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['uses.ts'] }));
  const tsc = [tool('typescript', 'bin/tsc'), '-p', project, '--pretty', 'false'];
  const { stdout } = spawnSync(process.execPath, tsc, { cwd: project, encoding: 'utf8' });
  const ours = stdout.split('\n').filter((line) => /^(uses\.ts|node_modules\/tidemark\/|error)/.test(line));
  if (ours.length > 0) throw new Error(`types under ${moduleResolution}: ${ours.join('\n')}`);
  console.log(`ok: types under ${moduleResolution}`);
}

/** What a user's worker does with the workflows that they re-export. */
async function bundleWorkflows(project) {
  await writeFile(path.join(project, 'workflows.js'), "export * from 'tidemark/workflows';\n");
  const script = `import { bundleWorkflowCode } from '@temporalio/worker';
    import { watermarkPlugin } from 'tidemark/plugins';
    const silent = () => undefined;
    const logger = { trace: silent, debug: silent, info: silent, log: silent, warn: console.warn, error: console.error };
    const workflowsPath = ${JSON.stringify(path.join(project, 'workflows.js'))};
    const { code } = await bundleWorkflowCode({ workflowsPath, plugins: [watermarkPlugin()], logger });
    if (!code.includes('tidemark/dist/workflows/preload.js')) throw new Error('what all workflows share is not loaded ahead');`;
  await must('workflows bundled in a worker of the project', ['--input-type=module', '-e', script], project);
}

/** The libraries for S3 are optional: without them everything else works, and who asks for S3 is told what to install. */
async function missS3(project) {
  const script = `import { openPayloadStorage, resultsLocation } from 'tidemark/plugins';
    const s3 = { bucket: 'bucket', region: 'us-east-1' };
    const part = { workflowId: 'w', runId: 'r', name: 'n', part: 1 };
    for (const ask of [
      () => openPayloadStorage({ type: 's3', ...s3, thresholdBytes: 1024 }),
      () => resultsLocation({ folder: '.', s3 }).write(part, []),
    ]) {
      const code = await ask().then(() => 'nothing', (error) => error.code);
      if (code !== 'S3_NOT_INSTALLED') throw new Error(code);
    }`;
  await must('S3 without its libraries says what to install', ['--input-type=module', '-e', script], project);
}

async function runCommand(project) {
  const { bin, version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const command = path.join(project, 'node_modules', '.bin', Object.keys(bin)[0]);
  const code = await run(command, ['--version'], { cwd: project, shell: process.platform === 'win32' });
  if (code !== 0) throw new Error(`tidemark --version ended with ${code} (version ${version}).`);
}

function tool(name, file) {
  return path.join(root, 'node_modules', name, file);
}

async function must(what, args, cwd) {
  const code = await run(process.execPath, args, { cwd });
  if (code !== 0) throw new Error(`${what}: failed (exit code ${code}).`);
  console.log(`ok: ${what}`);
}
