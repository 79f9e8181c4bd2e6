import { z } from 'zod';
import { TidemarkError } from '../../contracts/errors.js';

/** Options of a folder of tables. */
export const filesStoreOptionsSchema = z.strictObject({
  /** The folder. It is created at the first write when only its last part is missing. */
  path: z.string().min(1),
  /** Format of the files that are written; both are read. */
  format: z.enum(['csv', 'parquet']).default('csv'),
  /** Folder for temporary files; one of this user's own in the system's temporary folder when left out. */
  spoolDirectory: z.string().min(1).optional(),
  /** Memory that DuckDB may use for Parquet, beside what the process uses anyway. */
  duckMemoryMegabytes: z.int().min(64).default(128),
});
export type FilesStoreOptions = z.input<typeof filesStoreOptionsSchema>;
export type FileFormat = 'csv' | 'parquet';

/** Error `BAD_OPTIONS`, which names the option. */
export function parseFilesStoreOptions(options: FilesStoreOptions): z.output<typeof filesStoreOptionsSchema> {
  const parsed = filesStoreOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw new TidemarkError(`The options of the folder of tables are not right: ${issues.join('; ')}.`, {
    code: 'BAD_OPTIONS',
    retryable: false,
  });
}
