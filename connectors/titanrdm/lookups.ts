import type { z } from 'zod';
import { TidemarkError } from '../../contracts/errors.js';
import type { Api } from './api.js';
import type { TitanErrorCode } from './error-codes.js';
import { titanError } from './errors.js';
import { nearNamesText } from '../common/near-names.js';
import { filterText, listAll } from './paging.js';
import { apiPath } from './path.js';
import { withKnown } from './reply-shape.js';
import {
  type Branch,
  branchSchema,
  type DeployedTable,
  deployedTableSchema,
  type Domain,
  domainSchema,
} from './schema.js';

type Id = number | string;
type Signal = AbortSignal | undefined;

const BRANCHES = '/api/v1/branches';
const DOMAINS = '/api/v1/domains';
const TABLES = '/api/v1/deployed_table_definitions';

export async function listBranches(api: Api, signal: Signal): Promise<Branch[]> {
  return await listAll(api, BRANCHES, {}, branchSchema, signal);
}

export async function getBranch(api: Api, id: Id, signal: Signal): Promise<Branch> {
  const path = apiPath`/api/v1/branches/${id}`;
  const codeOf = whenMissing('TITAN_UNKNOWN_BRANCH');
  return await api.call({ method: 'GET', path, schema: withKnown(branchSchema, { id }), codeOf }, signal);
}

export async function findBranch(api: Api, name: string, owner: Id | undefined, signal: Signal): Promise<Branch> {
  const { matches, names } = await findByName(api, BRANCHES, branchSchema, name, signal);
  if (matches.length === 0) {
    throw titanError('TITAN_UNKNOWN_BRANCH', `There is no branch named ${quote(name)}. ${nearNamesText(name, names)}`);
  }
  const owned = owner === undefined ? matches : matches.filter((branch) => isOwner(branch, String(owner)));
  const [branch, ...others] = owned;
  if (branch !== undefined && others.length === 0) return branch;
  const owners = matches.map(ownerText).join(', ');
  if (branch === undefined) {
    const text = `No branch named ${quote(name)} belongs to ${quote(String(owner))}; owners: ${owners}.`;
    throw titanError('TITAN_UNKNOWN_BRANCH', text);
  }
  const text = `${owned.length} branches are named ${quote(name)}; owners: ${owners}.`;
  throw titanError('TITAN_AMBIGUOUS_BRANCH', text);
}

export async function listDomains(api: Api, signal: Signal): Promise<Domain[]> {
  return await listAll(api, DOMAINS, {}, domainSchema, signal);
}

export async function getDomain(api: Api, id: Id, signal: Signal): Promise<Domain> {
  const path = apiPath`/api/v1/domains/${id}`;
  const codeOf = whenMissing('TITAN_UNKNOWN_DOMAIN');
  return await api.call({ method: 'GET', path, schema: withKnown(domainSchema, { id }), codeOf }, signal);
}

export async function findDomain(api: Api, name: string, signal: Signal): Promise<Domain> {
  const { matches, names } = await findByName(api, DOMAINS, domainSchema, name, signal);
  const [domain, ...others] = matches;
  if (domain === undefined) {
    throw titanError('TITAN_UNKNOWN_DOMAIN', `There is no domain named ${quote(name)}. ${nearNamesText(name, names)}`);
  }
  if (others.length === 0) return domain;
  const ids = matches.map((match) => `${match.id} (${match.abbreviation})`).join(', ');
  throw titanError('TITAN_AMBIGUOUS_DOMAIN', `${matches.length} domains are named ${quote(name)}; ids: ${ids}.`);
}

export async function listDeployedTables(
  api: Api,
  where: { branchId: Id; domainId?: Id },
  signal: Signal,
): Promise<DeployedTable[]> {
  const query = { branch_id: where.branchId, domain_id: where.domainId };
  const tables = await listAll(api, TABLES, query, deployedTableSchema, signal);
  if (where.domainId === undefined) return tables;
  const domainId = String(where.domainId);
  return tables.filter((table) => (table.domain?.id ?? domainId) === domainId);
}

export async function lookupDeployedTable(
  api: Api,
  where: { branchId: Id; key: string },
  signal: Signal,
): Promise<DeployedTable> {
  const { branchId, key } = where;
  const path = `${TABLES}/lookup`;
  const query = { key, branch_id: branchId };
  const codeOf = whenMissing('TITAN_UNKNOWN_TABLE');
  const table = await api
    .call({ method: 'GET', path, query, schema: deployedTableSchema, codeOf }, signal)
    .catch((error: unknown) => {
      // The server's 404 does not repeat which of many keys was asked for.
      if (!(error instanceof TidemarkError) || error.code !== 'TITAN_UNKNOWN_TABLE') throw error;
      const text = `Branch ${branchId} has no table with the key ${quote(key)}`;
      throw titanError('TITAN_UNKNOWN_TABLE', text, { httpStatus: error.httpStatus, cause: error });
    });
  // Keys are UUIDs in some places and integers, which are ids, in others.
  if (sameText(table.key, key) || table.id === key) return table;
  throw titanError('TITAN_UNEXPECTED_REPLY', `GET ${path} for table ${quote(key)} answered with ${quote(table.key)}`);
}

/** Asks the server's filter first; when that finds no exact match, reads the whole list, which also yields the near names. */
async function findByName<T extends { id: string; name: string }>(
  api: Api,
  path: string,
  schema: z.ZodType<T>,
  name: string,
  signal: Signal,
): Promise<{ matches: T[]; names: string[] }> {
  const q = filterText('name', name);
  const filtered = q === undefined ? [] : await listAll(api, path, { q }, schema, signal);
  const exact = filtered.filter((entry) => entry.name === name);
  if (exact.length > 0) return { matches: exact, names: [] };
  const all = await listAll(api, path, {}, schema, signal);
  return { matches: all.filter((entry) => entry.name === name), names: all.map((entry) => entry.name) };
}

function isOwner(branch: Branch, owner: string): boolean {
  return ownerId(branch) === owner || sameText(branch.owner?.email ?? '', owner);
}

function ownerId(branch: Branch): string | null {
  return branch.owner?.id ?? branch.owner_id ?? null;
}

function ownerText(branch: Branch): string {
  return `${branch.owner?.email ?? ownerId(branch) ?? 'nobody'} (branch ${branch.id})`;
}

function whenMissing(code: TitanErrorCode): (status: number) => TitanErrorCode | undefined {
  return (status) => (status === 404 ? code : undefined);
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function quote(name: string): string {
  return JSON.stringify(name);
}
