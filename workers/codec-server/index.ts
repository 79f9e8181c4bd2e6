export { startCodecServer, type CodecLogEntry, type CodecServer, type CodecServerOptions } from './server.js';
