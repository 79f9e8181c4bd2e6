import type { Readable } from 'node:stream';
import { writeAll } from '../../tables/file-chunks.js';
import { ProjectColumns, type ProjectColumnsOptions } from '../../tables/project-columns.js';
import { createSpoolFile, type SpoolFile } from '../../tables/spool.js';

/** Some columns of a CSV, in a temporary file that DuckDB reads. */
export class ProjectedFile {
  rows = 0;
  bytes = 0;

  private constructor(private readonly spool: SpoolFile) {}

  /** `purpose` shows in the file's name. */
  static async create(directory: string, purpose: string): Promise<ProjectedFile> {
    return new ProjectedFile(await createSpoolFile(directory, purpose));
  }

  get path(): string {
    return this.spool.path;
  }

  /** Adds the rows of a CSV with a header of its own. Takes over the stream. Errors: those of the stream and of `ProjectColumns`. */
  async add(csv: Readable, options: ProjectColumnsOptions, signal?: AbortSignal): Promise<void> {
    const project = new ProjectColumns(options);
    const stop = (): void => void csv.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      signal?.throwIfAborted();
      for await (const chunk of csv as AsyncIterable<Buffer>) await this.write(project.push(chunk));
      signal?.throwIfAborted();
      await this.write(project.end());
      this.rows += project.rows;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      csv.destroy();
    }
  }

  async remove(): Promise<void> {
    await this.spool.remove();
  }

  private async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    await writeAll(this.spool.handle, bytes, this.bytes);
    this.bytes += bytes.length;
  }
}
