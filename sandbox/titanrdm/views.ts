import type { Branch, DeployedTable, Domain, Mapping } from './catalog.js';
import type { SandboxSettings } from './settings.js';

// The JSON of metadata, field for field as titan-rdm-sdk 2.0.0 reads it.

export function branchView(branch: Branch) {
  return {
    id: branch.id,
    name: branch.name,
    description: branch.description,
    branch_type: branch.type,
    status: branch.status,
    database_suffix: branch.type === 'private' ? `b${branch.id}` : null,
    is_default_dev_branch: branch.defaultDev,
    is_integration_branch: branch.integration,
    parent_branch: branch.parent === null ? null : { id: branch.parent.id, name: branch.parent.name },
    owner: branch.owner,
    created_at: branch.createdAt,
    updated_at: branch.createdAt,
  };
}

export function domainView(domain: Domain) {
  return {
    id: domain.id,
    name: domain.name,
    abbreviation: domain.abbreviation,
    description: domain.description,
    created_at: domain.createdAt,
    updated_at: domain.createdAt,
  };
}

export function tableView(table: DeployedTable, settings: SandboxSettings) {
  return {
    id: table.id,
    key: table.key,
    name: table.name,
    database_table_name: table.databaseTableName,
    domain: { id: table.domain.id, name: table.domain.name, abbreviation: table.domain.abbreviation },
    branch: { id: table.branch.id, name: table.branch.name },
    [settings.columnsField]: table.columns.map((column) => ({
      id: column.id,
      key: column.key,
      name: column.name,
      data_type: column.dataType,
      length: column.length,
      is_primary_key: column.primaryKey,
      is_required: column.required,
      display_order: column.displayOrder,
      is_deleted: column.deleted,
      description: column.description,
    })),
    created_at: table.createdAt,
    updated_at: table.createdAt,
  };
}

export function mappingView(mapping: Mapping, table: DeployedTable) {
  return {
    id: mapping.id,
    key: mapping.key,
    name: mapping.name,
    is_default: mapping.isDefault,
    table_definition: { id: table.id, name: table.name },
    branch: { id: table.branch.id, name: table.branch.name },
    mapping_config: { columns: mapping.columns },
    created_at: table.createdAt,
    updated_at: table.createdAt,
  };
}
