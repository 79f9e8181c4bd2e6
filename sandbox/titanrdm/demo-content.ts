import type { BranchDefinition, DomainDefinition } from './definitions.js';

/** What the sandbox holds when nothing is asked for: enough to try every call. */
export const DEMO_BRANCHES: readonly BranchDefinition[] = [
  { name: 'main', description: 'Integration branch', integration: true },
  {
    name: 'dev',
    description: 'Private branch of a developer',
    type: 'private',
    defaultDev: true,
    owner: { id: 7, email: 'dev@example.com' },
    parent: 'main',
  },
];

export const DEMO_DOMAINS: readonly DomainDefinition[] = [
  {
    name: 'Customer',
    abbreviation: 'cust',
    description: 'Customers and how they are grouped',
    tables: [
      {
        name: 'Customers',
        databaseTableName: 'customers',
        columns: [
          { name: 'customer_code', length: 20, primaryKey: true },
          { name: 'name', length: 200, required: true },
          { name: 'segment', length: 20 },
          { name: 'credit_limit', dataType: 'numeric' },
          { name: 'active', dataType: 'boolean' },
        ],
      },
      {
        name: 'Segments',
        databaseTableName: 'segments',
        columns: [
          { name: 'segment', length: 20, primaryKey: true },
          { name: 'description', length: 200 },
        ],
      },
    ],
  },
  {
    name: 'Finance',
    abbreviation: 'fin',
    description: 'Cost centres and accounts',
    tables: [
      {
        name: 'Cost Centres',
        databaseTableName: 'cost_centres',
        columns: [
          { name: 'company', length: 4, primaryKey: true },
          { name: 'cost_centre', length: 10, primaryKey: true },
          { name: 'name', length: 200 },
          { name: 'valid_from', dataType: 'date' },
        ],
      },
    ],
  },
];
