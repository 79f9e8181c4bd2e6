import { startTitanSandbox } from '../../sandbox/titanrdm/index.js';
import { serveSandbox } from './serve-sandbox.js';

await serveSandbox(startTitanSandbox, ['url', 'clientId', 'clientSecret']);
