import { ResultsFolder, ResultsS3, type ResultsLocation } from '../activities/index.js';
import { S3Bucket } from '../connectors/s3/index.js';
import type { TidemarkConfig } from '../contracts/config.js';

/** Where long lists go, as the config says; `folder` absolute. */
export function resultsLocation({ folder, s3 }: TidemarkConfig['results']): ResultsLocation {
  return s3 === undefined ? new ResultsFolder(folder) : new ResultsS3(new S3Bucket(s3));
}
