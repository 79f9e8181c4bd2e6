import { randomUUID } from 'node:crypto';
import { conventionKey } from '../../contracts/convention-key.js';
import {
  branchDefinitionSchema,
  domainDefinitionSchema,
  tableDefinitionSchema,
  type BranchDefinition,
  type DomainDefinition,
  type ParsedTableDefinition,
  type TableDefinition,
} from './definitions.js';

export interface Branch {
  id: number;
  name: string;
  description: string | null;
  type: 'shared' | 'private';
  status: 'open' | 'closed';
  integration: boolean;
  defaultDev: boolean;
  owner: { id: number; email: string } | null;
  parent: Branch | null;
  createdAt: string;
}

export interface Domain {
  id: number;
  name: string;
  abbreviation: string;
  description: string | null;
  createdAt: string;
}

export interface Column {
  id: number;
  key: string;
  name: string;
  dataType: string;
  length: number | null;
  primaryKey: boolean;
  required: boolean;
  deleted: boolean;
  displayOrder: number;
  description: string | null;
  /** Name of the column in the storage: user names never reach SQL. */
  stored: string;
}

export interface Mapping {
  id: number;
  key: string;
  name: string;
  isDefault: boolean;
  columns: { source: string; target: string }[];
}

/** A table definition as it is deployed on one branch, with records of its own there. */
export interface DeployedTable {
  id: number;
  key: string;
  name: string;
  databaseTableName: string;
  conventionKey: string;
  domain: Domain;
  branch: Branch;
  columns: Column[];
  allowManualRowEntry: boolean;
  mappings: Mapping[];
  createdAt: string;
  /** Whether the storage has a table for it yet: made by its first import. */
  stored: boolean;
  /** Next version number (`trdm_sk`). */
  nextVersion: number;
}

/** What is deployed where. Names may repeat, as they may in a real tenant: looking them up is the client's business. */
export class Catalog {
  readonly branches: Branch[] = [];
  readonly domains: Domain[] = [];
  readonly tables: DeployedTable[] = [];
  private readonly tablesById = new Map<number, DeployedTable>();
  private readonly tablesByAddress = new Map<string, DeployedTable>();
  private lastId = 100;

  private id(): number {
    return ++this.lastId;
  }

  addBranch(definition: BranchDefinition): Branch {
    const { name, description, type, status, integration, defaultDev, owner, parent } =
      branchDefinitionSchema.parse(definition);
    const branch: Branch = {
      id: this.id(),
      name,
      description: description ?? null,
      type,
      status,
      integration,
      defaultDev,
      owner: owner ?? null,
      parent: parent === undefined ? null : this.branch(parent),
      createdAt: new Date().toISOString(),
    };
    this.branches.push(branch);
    return branch;
  }

  addDomain(definition: DomainDefinition): Domain {
    const { name, abbreviation, description, tables } = domainDefinitionSchema.parse(definition);
    const domain: Domain = {
      id: this.id(),
      name,
      abbreviation,
      description: description ?? null,
      createdAt: new Date().toISOString(),
    };
    this.domains.push(domain);
    for (const table of tables) this.addTable(domain, table);
    return domain;
  }

  /** Deploys a table to the branches named, or to all. `domain` may be given as name, abbreviation or id. */
  addTable(domain: Domain | string | number, definition: TableDefinition): DeployedTable[] {
    const owner = typeof domain === 'object' ? domain : this.domain(domain);
    const parsed = tableDefinitionSchema.parse(definition);
    const key = parsed.key ?? randomUUID();
    const branches = parsed.branches?.map((branch) => this.branch(branch)) ?? this.branches;
    return branches.map((branch) => this.deploy(owner, branch, key, parsed));
  }

  private deploy(domain: Domain, branch: Branch, key: string, definition: ParsedTableDefinition): DeployedTable {
    const databaseTableName =
      definition.databaseTableName ?? definition.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
    const columns = definition.columns.map((column, index): Column => ({
      id: this.id(),
      key: randomUUID(),
      name: column.name,
      dataType: column.dataType,
      length: column.length ?? null,
      primaryKey: column.primaryKey,
      required: column.required || column.primaryKey,
      deleted: column.deleted,
      displayOrder: index + 1,
      description: column.description ?? null,
      stored: `c${index}`,
    }));
    const identity = {
      name: 'Default',
      key: undefined,
      isDefault: true,
      columns: columns.filter((column) => !column.deleted).map(({ name }) => ({ source: name, target: name })),
    };
    const table: DeployedTable = {
      id: this.id(),
      key,
      name: definition.name,
      databaseTableName,
      conventionKey: conventionKey(domain.abbreviation, databaseTableName),
      domain,
      branch,
      columns,
      allowManualRowEntry: definition.allowManualRowEntry,
      mappings: (definition.mappings ?? [identity]).map((mapping) => ({
        id: this.id(),
        key: mapping.key ?? randomUUID(),
        name: mapping.name,
        isDefault: mapping.isDefault,
        columns: mapping.columns,
      })),
      createdAt: new Date().toISOString(),
      stored: false,
      nextVersion: 1,
    };
    this.tables.push(table);
    this.tablesById.set(table.id, table);
    this.tablesByAddress.set(`${branch.id}/${key}`, table);
    return table;
  }

  branch(nameOrId: string | number): Branch {
    const found = this.branches.find((branch) => branch.name === nameOrId || String(branch.id) === String(nameOrId));
    if (found === undefined) throw new Error(`the sandbox has no branch '${nameOrId}'`);
    return found;
  }

  domain(nameOrId: string | number): Domain {
    const found = this.domains.find((domain) =>
      [domain.name, domain.abbreviation, String(domain.id)].includes(String(nameOrId)),
    );
    if (found === undefined) throw new Error(`the sandbox has no domain '${nameOrId}'`);
    return found;
  }

  /** By convention key or table key, on a branch: by default the first on which it is deployed. */
  table(key: string, branch?: string | number): DeployedTable {
    const on = branch === undefined ? undefined : this.branch(branch);
    const found = this.tables.find(
      (table) => (table.conventionKey === key || table.key === key) && (on === undefined || table.branch === on),
    );
    if (found === undefined) throw new Error(`the sandbox has no table '${key}'${on ? ` on branch '${on.name}'` : ''}`);
    return found;
  }

  tableById(id: string): DeployedTable | undefined {
    return this.tablesById.get(Number(id));
  }

  /** As the API addresses tables: by key (or deployed id, as the older examples do) and branch id. */
  deployed(key: string, branchId: string): DeployedTable | undefined {
    const byId = this.tableById(key);
    return this.tablesByAddress.get(`${branchId}/${key}`) ?? (String(byId?.branch.id) === branchId ? byId : undefined);
  }
}
