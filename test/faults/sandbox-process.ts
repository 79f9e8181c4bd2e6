import { startTitanSandbox, type TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { serveSandbox } from './serve-sandbox.js';

// Its options are the first argument: the campaign that started us wrote them, and nothing else calls this program.
const options = JSON.parse(process.argv[2] ?? '{}') as TitanSandboxOptions;
serveSandbox(await startTitanSandbox(options), ['url', 'clientId', 'clientSecret']);
