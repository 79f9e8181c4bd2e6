/** The convention key of a table: `{domain_abbreviation}_{database_table_name}`, for instance `cust_customers`. */
export function conventionKey(domainAbbreviation: string, databaseTableName: string): string {
  return `${domainAbbreviation}_${databaseTableName}`;
}
