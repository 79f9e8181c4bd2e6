import '../contracts/ams-inputs.js';
import '../contracts/operations.js';
import '../contracts/postgres-inputs.js';
import '../contracts/run-inputs.js';
import '../contracts/titan-inputs.js';
import '../contracts/watermark.js';

// What all workflows of a thread share: the schemas of their inputs, and zod with them. Temporal's worker evaluates every other module
// anew for each workflow, and with these that would be most of a workflow's start and of the memory that it holds while it is cached.
// They hold nothing of a run. The bundler is told of this module by `preloadModules`; a bundle without it works as well.

/** What webpack knows of the bundle's modules, and where Temporal's worker keeps those that have been evaluated. */
declare const __webpack_modules__: Readonly<Record<string, unknown>>;
declare const __webpack_module_cache__: Readonly<Record<string, { exports: object } | undefined>>;

// The worker freezes what is shared, and all that can be reached from there. A schema completes itself when it is used, so it does not
// bear that; what is frozen already is passed over. Temporal's own modules are left for the worker to freeze to the bottom.
for (const id of Object.keys(__webpack_modules__))
  if (!id.includes('@temporalio')) Object.freeze(__webpack_module_cache__[id]?.exports);
