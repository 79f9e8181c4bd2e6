#!/usr/bin/env node
import process from 'node:process';
import { tolerateClosedPipes, written } from './output.js';
import { runCommandLine } from './program.js';

tolerateClosedPipes();
const exitCode = await runCommandLine(process.argv.slice(2));
await written();
// Temporal's runtime keeps a process up that has made one, even when its worker never came to run.
process.exit(exitCode);
