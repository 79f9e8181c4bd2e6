import { conventionKey } from '../../contracts/convention-key.js';
import { TidemarkError } from '../../contracts/errors.js';
import type { Discovery, TableTarget, TitanRdmActivities } from '../../contracts/activities.js';
import type { BranchSelector } from '../../contracts/titan-common.js';
import type { TableSelector } from '../../contracts/titan-inputs.js';
import type { DeployedTable, Domain, TitanRdm } from '../../connectors/titanrdm/index.js';
import { nearNamesText } from '../../connectors/common/near-names.js';
import { named } from '../registry.js';
import { runStep } from '../step.js';
import type { TitanRdmDependencies } from './dependencies.js';

type Names = 'titanListDomains' | 'titanDiscover' | 'titanResolveTables';

/** What there is in a tenant, and which of it is meant. */
export function discoverActivities({ titanrdm }: TitanRdmDependencies): Pick<TitanRdmActivities, Names> {
  const clientOf = (connection: string): TitanRdm => named('connection of type titanrdm', titanrdm, connection).client;

  return {
    titanListDomains: (input) => runStep(({ signal }) => listDomains(clientOf(input.connection), input, signal)),

    titanDiscover: (input) => runStep(({ signal }) => discoverDomain(clientOf(input.connection), input, signal)),

    titanResolveTables: (input) => runStep(({ signal }) => resolveTables(clientOf(input.connection), input, signal)),
  };
}

/** The domains of a tenant, or those named, each with a name and convention keys of its own. */
export async function listDomains(
  client: TitanRdm,
  input: { branch: BranchSelector; domains?: string[] | undefined },
  signal: AbortSignal,
): Promise<{ id: string; name: string; abbreviation: string }[]> {
  // A branch that is not there is found out once, not by each domain's child.
  const branchId = await branchIdOf(client, input.branch, signal);
  const domains = await selectDomains(client, input.domains, signal);
  refuseSharedNames(domains);
  await refuseSharedKeys(client, branchId, domains, signal);
  return domains.map(({ id, name, abbreviation }) => ({ id, name, abbreviation }));
}

/** The tables of a domain, or those named. */
export async function discoverDomain(
  client: TitanRdm,
  { branch, domain: name, tables }: { branch: BranchSelector; domain: string; tables?: string[] | undefined },
  signal: AbortSignal,
): Promise<Discovery> {
  const [branchId, domain] = await Promise.all([
    branchIdOf(client, branch, signal),
    client.findDomain(name, { signal }),
  ]);
  const deployed = await client.listDeployedTables({ branchId, domainId: domain.id }, { signal });
  return {
    branchId,
    domain: { id: domain.id, name: domain.name, abbreviation: domain.abbreviation },
    tables: filterTables(
      deployed.map((table) => toTarget(table, domain)),
      tables,
    ),
  };
}

/** The tables that an input names, in its order. */
export async function resolveTables(
  client: TitanRdm,
  input: { branch: BranchSelector; tables: readonly TableSelector[] },
  signal: AbortSignal,
): Promise<{ branchId: string; tables: TableTarget[] }> {
  const branchId = await branchIdOf(client, input.branch, signal);
  const domainTables = new Map<string, Promise<TableTarget[]>>();
  const tablesOf = (domainName: string): Promise<TableTarget[]> => {
    const found = domainTables.get(domainName) ?? loadDomain(client, branchId, domainName, signal);
    domainTables.set(domainName, found);
    return found;
  };
  const tables: TableTarget[] = [];
  for (const selector of input.tables) {
    if ('key' in selector) {
      tables.push(toTarget(await client.lookupDeployedTable({ branchId, key: selector.key }, { signal })));
    } else {
      tables.push(oneTable(await tablesOf(selector.domain), selector.name));
    }
  }
  refuseRepeats(tables);
  return { branchId, tables };
}

/** One deployed table by its names. Errors: those of the lookups, `TITAN_UNKNOWN_TABLE` and `TITAN_AMBIGUOUS_TABLE`. */
export async function findTable(
  client: TitanRdm,
  where: { branch: BranchSelector; domain: string; table: string },
  signal: AbortSignal,
): Promise<{ branchId: string; target: TableTarget }> {
  const branchId = await branchIdOf(client, where.branch, signal);
  return { branchId, target: oneTable(await loadDomain(client, branchId, where.domain, signal), where.table) };
}

async function branchIdOf(client: TitanRdm, branch: BranchSelector, signal: AbortSignal): Promise<string> {
  if ('name' in branch) return (await client.findBranch(branch.name, branch.owner, { signal })).id;
  try {
    return (await client.getBranch(branch.id, { signal })).id;
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.code !== 'TITAN_UNKNOWN_BRANCH') throw error;
    const known = (await client.listBranches({ signal })).slice(0, 10).map(({ id, name }) => `${id} ('${name}')`);
    throw new TidemarkError(`There is no branch with the id ${branch.id}. There are: ${known.join(', ')}.`, {
      code: error.code,
      retryable: false,
      mend: 'Use the id or the exact name of a branch.',
    });
  }
}

async function loadDomain(
  client: TitanRdm,
  branchId: string,
  name: string,
  signal: AbortSignal,
): Promise<TableTarget[]> {
  const domain = await client.findDomain(name, { signal });
  const deployed = await client.listDeployedTables({ branchId, domainId: domain.id }, { signal });
  return deployed.map((table) => toTarget(table, domain));
}

async function selectDomains(client: TitanRdm, names: string[] | undefined, signal: AbortSignal): Promise<Domain[]> {
  if (names === undefined) return client.listDomains({ signal });
  const found: Domain[] = [];
  for (const name of new Set(names)) found.push(await client.findDomain(name, { signal }));
  return found;
}

/** A domain is addressed by its name: two of one name can't be told apart. */
function refuseSharedNames(domains: Domain[]): void {
  const names = new Set<string>();
  for (const { name } of domains) {
    if (names.has(name)) {
      throw new TidemarkError(`Two domains have the name '${name}'.`, {
        code: 'TITAN_AMBIGUOUS_DOMAIN',
        retryable: false,
        mend: 'Rename one of them, or name the others to be synced.',
      });
    }
    names.add(name);
  }
}

/**
 * `a` + `b_c` and `a_b` + `c` are one convention key, and so are equal abbreviations: two tables would overwrite each other in the
 * store. Only domains whose abbreviations allow it are looked into.
 */
async function refuseSharedKeys(
  client: TitanRdm,
  branchId: string,
  domains: Domain[],
  signal: AbortSignal,
): Promise<void> {
  const suspects = domains.filter((domain) =>
    domains.some(
      (other) =>
        other.id !== domain.id &&
        (`${other.abbreviation}_`.startsWith(`${domain.abbreviation}_`) ||
          `${domain.abbreviation}_`.startsWith(`${other.abbreviation}_`)),
    ),
  );
  const owners = new Map<string, string>();
  for (const domain of suspects) {
    for (const table of await client.listDeployedTables({ branchId, domainId: domain.id }, { signal })) {
      const key = conventionKey(domain.abbreviation, table.database_table_name);
      const owner = owners.get(key);
      if (owner !== undefined && owner !== domain.name) {
        throw new TidemarkError(
          `Domains '${owner}' and '${domain.name}' both have a table with the convention key '${key}'.`,
          {
            code: 'AMBIGUOUS_CONVENTION_KEY',
            retryable: false,
            mend: 'Sync them by separate workflows into separate stores, or change an abbreviation.',
          },
        );
      }
      owners.set(key, domain.name);
    }
  }
}

function toTarget(table: DeployedTable, domain?: Domain): TableTarget {
  const abbreviation = domain?.abbreviation ?? table.domain?.abbreviation ?? '';
  return {
    key: table.key,
    id: table.id,
    name: table.name,
    table: table.database_table_name,
    domain: domain?.name ?? table.domain?.name ?? '',
    conventionKey: conventionKey(abbreviation, table.database_table_name),
  };
}

/** Tables by display or physical name, in the domain's order. All of them when no names are given. */
export function filterTables(tables: TableTarget[], names: readonly string[] | undefined): TableTarget[] {
  if (names === undefined) return tables;
  const wanted = new Set(names.map((name) => oneTable(tables, name).key));
  return tables.filter((table) => wanted.has(table.key));
}

function oneTable(tables: TableTarget[], name: string): TableTarget {
  const hits = tables.filter((table) => table.name === name || table.table === name);
  const [hit] = hits;
  if (hit === undefined) {
    const known = tables.flatMap((table) => [table.name, table.table]);
    throw new TidemarkError(`There is no table '${name}'. ${nearNamesText(name, known)}`, {
      code: 'TITAN_UNKNOWN_TABLE',
      retryable: false,
      mend: 'Give its display name or its physical name, exactly as TitanRDM spells it.',
    });
  }
  if (hits.length > 1) {
    const which = hits.map((table) => `'${table.name}' (${table.table})`).join(', ');
    throw new TidemarkError(`The name '${name}' means several tables: ${which}.`, {
      code: 'TITAN_AMBIGUOUS_TABLE',
      retryable: false,
      mend: 'Of the two names of the one that is meant, give the one that no other table has.',
    });
  }
  return hit;
}

/** A table may be in a batch once: two files for it would be applied in an order that nobody chose. */
function refuseRepeats(tables: TableTarget[]): void {
  const seen = new Set<string>();
  for (const table of tables) {
    if (seen.has(table.key)) {
      throw new TidemarkError(`Table '${table.name}' is in the batch twice.`, {
        code: 'TITAN_REPEATED_TABLE',
        retryable: false,
        mend: 'Send it once, or in two batches, one after the other.',
      });
    }
    seen.add(table.key);
  }
}
