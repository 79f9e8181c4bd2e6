import { startAmsSandbox } from '../../sandbox/ams/index.js';
import { serveSandbox } from './serve-sandbox.js';

await serveSandbox(startAmsSandbox, ['url', 'username', 'password']);
