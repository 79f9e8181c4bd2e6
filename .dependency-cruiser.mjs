// Arrows point one way: cli → workers → activities → connectors → contracts, and workflows → contracts.
// Each room lists the only rooms that it may import from; type-only imports are held to the same, but for workflows.
const rooms = {
  contracts: [],
  connectors: ['contracts'],
  activities: ['connectors', 'contracts'],
  workflows: ['contracts'],
  sandbox: ['contracts'],
  workers: ['activities', 'connectors', 'contracts', 'workflows'],
  cli: ['workers', 'connectors', 'contracts', 'sandbox'],
};
const all = [...Object.keys(rooms), 'test', 'bench', 'examples', 'scripts'];

const roomRules = Object.entries(rooms).map(([room, allowed]) => {
  const forbidden = all.filter((other) => other !== room && !allowed.includes(other)).join('|');
  return {
    name: `${room}-may-import-only-${['itself', ...allowed].join('-')}`,
    severity: 'error',
    from: { path: `^${room}/` },
    to: {
      path: `^(${forbidden})/`,
      // A workflow names the activities that it calls by their types alone: nothing of them reaches its bundle.
      ...(room === 'workflows' ? { pathNot: '^activities/' } : {}),
    },
  };
});

export default {
  forbidden: [
    ...roomRules,
    {
      name: 'workflows-take-only-types-of-activities',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'connectors-know-no-temporal',
      severity: 'error',
      from: { path: '^(connectors|contracts|sandbox)/' },
      to: { path: '@temporalio/' },
    },
    {
      name: 'workflows-import-no-node-module',
      severity: 'error',
      from: { path: '^(workflows|contracts)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs'],
    },
  },
};
