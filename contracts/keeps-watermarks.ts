/** Workflows whose pattern `incremental` goes on from where each table has come to; of `titanSyncDomains` those that download. */
const DOWNLOADS: readonly string[] = ['titanConventionDownload', 'titanSyncDomains'];

/** Whether runs of this workflow with this input go by high watermarks that their pipeline keeps. */
export function keepsWatermarks(workflow: string, input: object): boolean {
  const { pattern, incremental, highWaterMark, direction }: Record<string, unknown> = { ...input };
  if (workflow === 'postgresIngest' || incremental !== undefined) return true;
  return (
    DOWNLOADS.includes(workflow) && direction !== 'upload' && pattern === 'incremental' && highWaterMark === undefined
  );
}
