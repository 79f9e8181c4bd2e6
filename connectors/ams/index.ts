export { AmsClient } from './client.js';
export type { Ams, AmsCallOptions, AmsField, AmsForm, AmsProfile, AmsUser } from './port.js';
export { type AmsClientOptions, amsClientOptionsSchema, type AmsSettings } from './options.js';
export { type AmsErrorCode, amsErrorCodes } from './errors.js';
export type { CallLogEntry as AmsLogEntry } from '../http/call-log.js';
