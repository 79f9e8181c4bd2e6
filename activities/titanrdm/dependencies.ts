import type { TitanRdm } from '../../connectors/titanrdm/index.js';
import type { TableStore } from '../../connectors/tables/index.js';

/** A TitanRDM tenant as the activities use it. */
export interface TitanRdmConnection {
  client: TitanRdm;
  /** Largest file that the tenant takes, in bytes (documented: 100 MB). */
  maxFileBytes: number;
}

/** What the TitanRDM activities are made from: no globals. */
export interface TitanRdmDependencies {
  titanrdm: Readonly<Record<string, TitanRdmConnection>>;
  stores: Readonly<Record<string, TableStore>>;
  /** Folder for temporary files; the system's own when left out. */
  spoolDirectory?: string;
}
