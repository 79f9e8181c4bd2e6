import { z } from 'zod';
import { TidemarkError } from '../../contracts/errors.js';
import type { ResultsReference } from '../../contracts/titan-results.js';
import type { S3Bucket } from '../../connectors/s3/index.js';
import { fileName, safeName, type ResultsLocation, type ResultsPart } from './results-folder.js';

/** A place in S3, for workers that share no folder. */
export class ResultsS3 implements ResultsLocation {
  constructor(private readonly bucket: S3Bucket) {}

  async write(part: ResultsPart, entries: readonly unknown[]): Promise<string> {
    const folder = `${safeName(part.workflowId)}/${safeName(part.runId)}`;
    const body = new TextEncoder().encode(JSON.stringify(entries, null, 1));
    await this.bucket.put(`${folder}/${fileName(part.name, part.part)}`, body, 'application/json');
    return `${this.bucket.address}/${folder}`;
  }

  async read(reference: ResultsReference): Promise<unknown[]> {
    const root = `${this.bucket.address}/`;
    if (!reference.location.startsWith(root)) throw elsewhere(reference.location, root);
    const folder = reference.location.slice(root.length);
    const lists: unknown[][] = [];
    for (let part = 1; part <= reference.parts; part += 1) {
      const body = await this.bucket.get(`${folder}/${fileName(reference.name, part)}`);
      lists.push(z.array(z.unknown()).parse(JSON.parse(new TextDecoder().decode(body))));
    }
    return lists.flat();
  }
}

/** A run that began under another config has its lists there. */
function elsewhere(location: string, root: string): TidemarkError {
  return new TidemarkError(`The list is at '${location}', and this worker's results are at '${root}'.`, {
    code: 'RESULTS_ELSEWHERE',
    retryable: false,
    mend: 'Give all workers of a task queue the same results location, and change it when no run is under way.',
  });
}
