export { S3Bucket } from './client.js';
export { notInstalled } from './errors.js';
export type { S3Location } from './schema.js';
