import process from 'node:process';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

/** Fields that must never be in a log line, wherever they come from. */
const SECRETS = [
  'clientSecret',
  'client_secret',
  'access_token',
  'authorization',
  'signed_s3_url',
  'download_url',
  'password',
];

/** Logs go to stderr: readable on a terminal, JSON lines elsewhere. */
export function createLogger(options: { debug: boolean }): Logger {
  const settings = {
    level: options.debug ? 'debug' : (process.env['TIDEMARK_LOG_LEVEL'] ?? 'info'),
    redact: { paths: SECRETS.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    base: null,
  };
  if (!process.stderr.isTTY) return pino(settings, pino.destination({ dest: 2, sync: true }));
  return pino(settings, pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' }));
}
