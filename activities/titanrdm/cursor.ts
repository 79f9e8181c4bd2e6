import type { TableTarget } from '../../contracts/activities.js';

/** Sent with each heartbeat. The Web UI shows it beside the activity's type, and nothing else says there which table it is. */
export interface Cursor {
  table: string;
  phase: 'preparing' | 'comparing' | 'sending' | 'confirming';
  /** What the table is compared with: another attempt need not ask for it again. */
  exportId?: string;
  rows?: number;
  bytes?: number;
  bytesSent?: number;
}

/** The beginning of an attempt, which goes on with the export of the one before. */
export function cursorOf({ conventionKey }: TableTarget, resumed: Cursor | undefined): Cursor {
  const exportId = resumed?.exportId;
  return { table: conventionKey, phase: 'preparing', ...(exportId === undefined ? {} : { exportId }) };
}
