import { conventionKey } from '../contracts/convention-key.js';
import type { TitanRdm } from '../connectors/titanrdm/index.js';

/** A domain of a tenant as it is deployed on a branch: what a first config is made of. */
export interface DiscoveredDomain {
  name: string;
  abbreviation: string;
  branch: string;
  /** In the order of their convention keys. */
  tables: { conventionKey: string; name: string }[];
}

/** Errors: those of the lookups, which list near names. */
export async function discoverDomain(
  client: TitanRdm,
  where: { domain: string; branch: string },
  signal: AbortSignal,
): Promise<DiscoveredDomain> {
  const [branch, domain] = [
    await client.findBranch(where.branch, undefined, { signal }),
    await client.findDomain(where.domain, { signal }),
  ];
  const deployed = await client.listDeployedTables({ branchId: branch.id, domainId: domain.id }, { signal });
  const tables = deployed.map((table) => ({
    conventionKey: conventionKey(domain.abbreviation, table.database_table_name),
    name: table.name,
  }));
  return {
    name: domain.name,
    abbreviation: domain.abbreviation,
    branch: branch.name,
    tables: tables.sort((a, b) => (a.conventionKey < b.conventionKey ? -1 : 1)),
  };
}
