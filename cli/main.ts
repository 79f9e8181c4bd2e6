#!/usr/bin/env node
import process from 'node:process';
import { tolerateClosedPipes } from './output.js';
import { runCommandLine } from './program.js';

tolerateClosedPipes();
process.exitCode = await runCommandLine(process.argv.slice(2));
