import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { leaksIn, leaksInHistory, SHAPES, wordMark, type Leak, type SecretMark } from '../support/secret-scan.js';
import { Cell } from './cell.js';
import type { Findings } from './findings.js';
import type { Random } from './random.js';
import { ABBREVIATION, BRANCH, SANDBOX_DOMAIN, TABLES, type Stage } from './scenario.js';
import { TableModel } from './table-model.js';

export interface PlaceOptions {
  name: string;
  /** The folder that the place's own one is made in. */
  folder: string;
  client: Client;
  address: string;
  bundle: string;
  random: Random;
  findings: Findings;
}

/** A cell with its tables, and the search for what must not leave it. */
export class Place {
  private constructor(
    readonly stage: Stage,
    private readonly word: string,
    private readonly lines: string[],
  ) {}

  static async open({ name, client, address, bundle, random, findings, ...options }: PlaceOptions): Promise<Place> {
    // In every row of this place: wherever it is found outside of the tables, a row has leaked.
    const word = `rowmark${random.below(1_000_000_000)}`;
    const lines: string[] = [];
    const folder = path.join(options.folder, name);
    await mkdir(folder, { recursive: true });
    const sandbox = { branches: [{ name: BRANCH }], domains: [SANDBOX_DOMAIN], exportDelayMs: 300, importDelayMs: 200 };
    const { namespace } = client.options;
    const log = (line: string): void => void lines.push(line);
    const cell = await Cell.start({ name, folder, address, namespace, bundle, sandbox, log });
    const models = Object.entries(TABLES).map(
      ([table, size]) => [table, new TableModel(`${ABBREVIATION}_${table}`, size, word, random)] as const,
    );
    return new Place({ cell, random, models: new Map(models), findings }, word, lines);
  }

  /** Searches all that Temporal keeps of a run. */
  async searchHistory(client: Client, workflowId: string): Promise<void> {
    for (const leak of await leaksInHistory(client, { workflowId }, await this.marks())) this.addLeak(leak);
  }

  /** Ends its programs, looks for what they left behind, and searches every line that they printed. */
  async close(): Promise<void> {
    const marks = await this.marks();
    const left = await this.stage.cell.stop();
    this.stage.findings.expect(left.length === 0, `temporary files are left: ${left.join(', ')}`);
    for (const line of this.lines) {
      for (const leak of leaksIn(line, 'a log line', marks)) this.addLeak(leak, line);
    }
  }

  private async marks(): Promise<SecretMark[]> {
    const { cell } = this.stage;
    const tokens = await cell.sandbox.issuedTokens();
    return [
      ...SHAPES,
      wordMark('the client secret', cell.clientSecret),
      wordMark('a row', this.word),
      ...tokens.map((token) => wordMark('an access token', token)),
    ];
  }

  /** A log line says which message it is, never the rest of it. */
  private addLeak(leak: Leak, line?: string): void {
    const message = line === undefined ? '' : ` (${/"message":"([^"]{0,40})/u.exec(line)?.[1] ?? 'of the runtime'})`;
    this.stage.findings.add('leaked', `${leak.mark} in ${leak.where}${message}`);
  }
}
