import type { Client } from '@temporalio/client';
import {
  INDEXED_VALUE_TYPES,
  SEARCH_ATTRIBUTES,
  searchAttributeNames,
  type SearchAttributeKind,
  type SearchAttributeName,
} from '../../contracts/search-attributes.js';

/** Which of Tidemark's search attributes a namespace has. */
export interface SearchAttributesFound {
  present: SearchAttributeName[];
  missing: SearchAttributeName[];
  /** Names that are taken by an attribute of another type: runs leave them out. */
  otherType: SearchAttributeName[];
}

export async function findSearchAttributes(client: Client): Promise<SearchAttributesFound> {
  const { namespace } = client.options;
  // Enum values of the API are numbers.
  const { customAttributes }: { customAttributes: Record<string, number> } =
    await client.connection.operatorService.listSearchAttributes({ namespace });
  const found: SearchAttributesFound = { present: [], missing: [], otherType: [] };
  for (const name of searchAttributeNames()) {
    const type = customAttributes[name];
    if (type === undefined) found.missing.push(name);
    else if (type === INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]) found.present.push(name);
    else found.otherType.push(name);
  }
  return found;
}

/** Registers attributes; the identity needs the right to change the namespace. */
export async function registerSearchAttributes(client: Client, names: readonly SearchAttributeName[]): Promise<void> {
  const { namespace } = client.options;
  const searchAttributes = Object.fromEntries(
    names.map((name) => [name, INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]]),
  );
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** What a person types to do the same with Temporal's own command. */
export function registerLine(names: readonly SearchAttributeName[], namespace: string): string {
  const options = names.map((name) => `--name ${name} --type ${TYPED[SEARCH_ATTRIBUTES[name]]}`).join(' ');
  return `temporal operator search-attribute create --namespace ${namespace} ${options}`;
}

/** All of them, as `temporal server start-dev` and `temporal operator` spell the types. */
export function typedSearchAttributes(): Record<SearchAttributeName, 'Keyword' | 'KeywordList' | 'Int'> {
  const typed = searchAttributeNames().map((name) => [name, TYPED[SEARCH_ATTRIBUTES[name]]]);
  // One entry for each name.
  return Object.fromEntries(typed) as Record<SearchAttributeName, 'Keyword' | 'KeywordList' | 'Int'>;
}

const TYPED = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', INT: 'Int' } as const satisfies Record<
  SearchAttributeKind,
  string
>;
