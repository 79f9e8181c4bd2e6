import { findBrowser } from './scripts/lib/browser.mjs';
import { findTerminal } from './scripts/lib/terminal.mjs';

const browser = findBrowser();
// Workers inherit it, so that a test need not search again.
if (browser !== undefined) process.env.TIDEMARK_BROWSER = browser;

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Tests that need a browser are in *.browser.test.ts, those that need a terminal in *.terminal.test.ts; `npm test` says so when it
  // leaves them out.
  testPathIgnorePatterns: [
    '/node_modules/',
    '/test/peers/',
    ...(browser === undefined ? ['\\.browser\\.test\\.ts$'] : []),
    ...(findTerminal() === undefined ? ['\\.terminal\\.test\\.ts$'] : []),
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tidemark/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testSequencer: '<rootDir>/test/support/secrets-last.mjs',
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  maxWorkers: 2,
  // What a test file has loaded is not all let go when it is over: with gigabytes of it, a process does little else than collect.
  workerIdleMemoryLimit: '500MB',
  // For what hangs: a slow and busy machine takes several times what another one does.
  testTimeout: 180_000,
};
