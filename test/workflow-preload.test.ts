import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import vm from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { watermarkPlugin } from '../workers/index.js';
import { temporalTestEnvironment } from './support/environment.js';

/** The part of a bundle that Temporal's worker calls (`@temporalio/worker` 1.24, `reusable-vm`). */
interface Bundle {
  preloadModules: () => void;
  importWorkflows: () => Record<string, unknown>;
}

describe('what a thread of a worker evaluates', () => {
  let once: string[];
  let forEach: string[];

  // As the worker does it: what is evaluated before the first workflow is shared by all of them.
  beforeAll(async () => {
    const temporal = await temporalTestEnvironment();
    await temporal.close();
    const cache: Record<string, object> = {};
    const context = vm.createContext({
      AsyncLocalStorage,
      URL,
      TextEncoder,
      TextDecoder,
      __webpack_module_cache__: cache,
    });
    new vm.Script(await readFile(temporal.bundlePath, 'utf8')).runInContext(context);
    const { preloadModules, importWorkflows } = vm.runInContext('__TEMPORAL__', context) as Bundle;
    preloadModules();
    once = Object.keys(cache);
    expect(Object.keys(importWorkflows())).toContain('tidemarkRun');
    forEach = Object.keys(cache).filter((id) => !once.includes(id));
  });

  it('once is zod and all modules with schemas', async () => {
    expect(once.filter((id) => id.includes('/zod/'))).not.toEqual([]);
    expect(forEach.filter((id) => id.includes('/zod/'))).toEqual([]);
    const contracts = forEach.filter((id) => id.startsWith('./contracts/'));
    const texts = await Promise.all(contracts.map((id) => readFile(path.resolve(id), 'utf8')));
    expect(contracts.filter((_, index) => /^import \{ z \} from 'zod'/mu.test(texts[index] ?? ''))).toEqual([]);
  });

  it('for each workflow is its own code, which may hold what belongs to a run', () => {
    const ours = once.filter((id) => id.startsWith('./workflows/') && !id.endsWith('-entrypoint.cjs'));
    expect(ours).toEqual(['./workflows/preload.ts']);
    expect(forEach).toContain('./workflows/tidemark-run.ts');
  });
});

it("a worker's own bundle is told by any of the plugins what is to be evaluated once", async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.resolve('test/fixtures/own-workflows.ts'),
    plugins: [watermarkPlugin()],
    logger: new DefaultLogger('ERROR'),
  });
  const preload = /function preloadModules\(\) \{(.*?)\n\}/su.exec(code)?.[1];
  expect(preload).toContain('workflows/preload.ts');
});
