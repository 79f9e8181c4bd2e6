export { s3LocationSchema, type S3Location } from '../../contracts/config-storage.js';
