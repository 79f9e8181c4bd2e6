import { startAmsSandbox, type AmsSandboxOptions } from '../../sandbox/ams/index.js';
import { serveSandbox } from './serve-sandbox.js';

// Its options are the first argument: the campaign that started us wrote them, and nothing else calls this program.
const options = JSON.parse(process.argv[2] ?? '{}') as AmsSandboxOptions;
serveSandbox(await startAmsSandbox(options), ['url', 'username', 'password']);
