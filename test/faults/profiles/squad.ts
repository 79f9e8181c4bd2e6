import { writeFile } from 'node:fs/promises';
import type { AmsUpsertProfilesInput } from '../../../contracts/ams-inputs.js';
import type { Findings } from '../findings.js';
import type { StoredProfile } from './ams-control.js';
import type { ProfilesCell } from './profiles-cell.js';
import type { Attempt } from './run.js';

export const FORM = 'Athlete Profile';
export const PROFILES = 60;
/** The fields of the form, and how the campaign spells what AMS spells otherwise. */
export const FIELDS = [
  { name: 'height', type: 'Number' },
  { name: 'shirt', type: 'Text' },
  { name: 'note', type: 'Text' },
];

type Values = Record<string, string>;
/** By the user's id. */
export type Profiles = ReadonlyMap<number, Values>;

/** What is sent from run to run, and what must be stored in the end. */
export class Squad {
  private run = 0;
  private before: Profiles = new Map();
  private wanted: Profiles = new Map();

  constructor(
    private readonly cell: ProfilesCell,
    private readonly findings: Findings,
    private readonly userIds: readonly number[],
    /** In every profile: wherever it is found elsewhere, a row has leaked. */
    private readonly word: string,
  ) {}

  /** What the latest run was to send. */
  get sent(): Profiles {
    return this.wanted;
  }

  /** Other values for all users, as a table of the store; and the run that is to send them. */
  async next(): Promise<Attempt> {
    this.run += 1;
    this.before = this.wanted;
    const valuesOf = (id: number): Values => ({
      height: `${150 + (id % 50)}.${this.run}`,
      shirt: `00${this.run}`,
      note: `${this.word} of ${id}, run ${this.run}`,
    });
    this.wanted = new Map(this.userIds.map((id) => [id, valuesOf(id)]));
    const lines = [...this.wanted].map(([id, { height, shirt, note }]) => `${id},${height},${shirt},"${note}"`);
    await writeFile(this.cell.tableFile, ['user_id,height,shirt,note', ...lines, ''].join('\n'));
    const input: AmsUpsertProfilesInput = {
      connection: 'club',
      form: FORM,
      source: { connection: 'lake', table: 'squad' },
      concurrency: 4,
      requireConfirmation: true,
    };
    return {
      workflow: 'amsUpsertProfiles',
      input,
      midway: () => this.checkMidway(),
      judge: async (result) => {
        if (result !== undefined) this.checkResult(result);
        await this.check();
      },
    };
  }

  /** Whatever has happened so far: each profile is the one from before the run, or the one that it sends. */
  private async checkMidway(): Promise<void> {
    for (const { userId, values } of await this.cell.sandbox.profiles(FORM)) {
      const is = (wanted: Values | undefined): boolean => wanted !== undefined && isSame(wanted, values);
      if (!is(this.before.get(userId)) && !is(this.wanted.get(userId)))
        this.findings.add('wrong', 'midway: a profile is neither the old nor the new one');
    }
  }

  /** What is stored is what was sent last. */
  async check(): Promise<void> {
    this.compare(await this.cell.sandbox.profiles(FORM));
  }

  /** No profile is missing, none is wrong, none is there twice. */
  compare(found: readonly StoredProfile[]): void {
    this.findings.rowsExpected += this.wanted.size;
    const stored = new Map(found.map(({ userId, values }) => [userId, values]));
    if (found.length > stored.size)
      this.findings.add('duplicated', 'users have two profiles', found.length - stored.size);
    for (const [id, wanted] of this.wanted) {
      const values = stored.get(id);
      if (values === undefined) this.findings.add('lost', 'a profile is missing');
      else if (!isSame(wanted, values)) this.findings.add('wrong', 'a profile is not what was sent last');
    }
  }

  /** What the result says of a run that ended well. */
  private checkResult(result: unknown): void {
    const told = typeof result === 'object' && result !== null ? (result as Values) : {};
    const { result: outcome, rows, upserted, failed, notAttempted } = told;
    const words = JSON.stringify({ outcome, rows, upserted, failed, notAttempted });
    const wanted = JSON.stringify({
      outcome: 'success',
      ...{ rows: this.wanted.size, upserted: this.wanted.size, failed: 0, notAttempted: 0 },
    });
    this.findings.expect(words === wanted, `the result says ${words}`);
  }
}

const isSame = (wanted: Values, values: Values): boolean =>
  FIELDS.every(({ name }) => wanted[name] === values[name]) && Object.keys(values).length === FIELDS.length;
