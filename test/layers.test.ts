import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** A small project with the rooms of this one, its own rules, and what each file of it imports. */
const project: Record<string, string> = {
  'contracts/keys.ts': 'export const key = 1;\n',
  'contracts/reads-files.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
  'connectors/files.ts': "import { key } from '../contracts/keys.js';\nexport const file = key;\n",
  'connectors/knows-temporal.ts':
    "import { ApplicationFailure } from '@temporalio/common';\nexport const failure = ApplicationFailure;\n",
  'connectors/reaches-up.ts': "import { step } from '../activities/steps.js';\nexport const up = step;\n",
  'activities/steps.ts':
    "import { file } from '../connectors/files.js';\nexport interface Steps { file: number }\nexport const step = file;\n",
  'workflows/by-types.ts':
    "import type { Steps } from '../activities/steps.js';\nexport const steps: Steps = { file: 1 };\n",
  'workflows/by-values.ts': "import { step } from '../activities/steps.js';\nexport const value = step;\n",
  'workflows/reaches-connectors.ts': "import { file } from '../connectors/files.js';\nexport const reached = file;\n",
  'workers/round.ts': "import { about } from './about.js';\nexport const round = (): number => about();\n",
  'workers/about.ts': "import { round } from './round.js';\nexport const about = (): number => round();\n",
  'sandbox/uses-connector.ts': "import { file } from '../connectors/files.js';\nexport const used = file;\n",
  'cli/main.ts': "import { round } from '../workers/round.js';\nround();\n",
};

interface Violation {
  from: string;
  rule: { name: string };
}

let folder: string;
let violations: Map<string, string[]>;

beforeAll(async () => {
  const root = process.cwd();
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-layers-'));
  await cp(path.join(root, '.dependency-cruiser.mjs'), path.join(folder, '.dependency-cruiser.mjs'));
  await cp(path.join(root, 'tsconfig.json'), path.join(folder, 'tsconfig.json'));
  await cp(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(project)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const rooms = [...new Set(Object.keys(project).map((name) => path.dirname(name)))];
  const found = await depcruise([
    path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    ...rooms,
  ]);
  violations = new Map();
  for (const { from, rule } of found) violations.set(from, [...(violations.get(from) ?? []), rule.name]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function depcruise([script = '', ...rooms]: string[]): Promise<Violation[]> {
  const args = [script, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...rooms];
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, out) => {
      // A violation is an exit code of its own; anything else wrote no report.
      if (out === '') reject(error ?? new Error('no report'));
      else resolve(out);
    });
  });
  const report = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  return report.summary.violations;
}

describe('the layering rule', () => {
  it.each([
    ['connectors/reaches-up.ts', 'connectors-may-import-only-itself-contracts'],
    ['connectors/knows-temporal.ts', 'connectors-know-no-temporal'],
    ['contracts/reads-files.ts', 'workflows-import-no-node-module'],
    ['workflows/by-values.ts', 'workflows-take-only-types-of-activities'],
    ['workflows/reaches-connectors.ts', 'workflows-may-import-only-itself-contracts'],
    ['workers/about.ts', 'no-circles'],
    ['sandbox/uses-connector.ts', 'sandbox-may-import-only-itself-contracts'],
  ])('refuses %s by %s', (file, rule) => {
    expect(violations.get(file)).toContain(rule);
  });

  it.each(['connectors/files.ts', 'activities/steps.ts', 'workflows/by-types.ts', 'cli/main.ts', 'contracts/keys.ts'])(
    'admits %s',
    (file) => {
      expect(violations.get(file) ?? []).toEqual([]);
    },
  );
});
