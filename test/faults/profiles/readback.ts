import type { AmsDownloadProfilesInput } from '../../../contracts/ams-inputs.js';
import type { Findings } from '../findings.js';
import { filesBelow, parseRows, textOf } from '../store-files.js';
import type { StoredProfile } from './ams-control.js';
import type { ProfilesCell } from './profiles-cell.js';
import type { Attempt } from './run.js';
import { FIELDS, FORM, type Profiles, type Squad } from './squad.js';

const TABLE = 'profiles';
const USER = 'user_id';

/** The table that `amsDownloadProfiles` keeps of the stored profiles: a reader finds the old one or the new one, whole. */
export class Readback {
  /** What the table held after the latest download. */
  private held: Profiles = new Map();

  constructor(
    private readonly cell: ProfilesCell,
    private readonly findings: Findings,
  ) {}

  /** Reads back what the squad has sent. */
  next(squad: Squad): Promise<Attempt> {
    const input: AmsDownloadProfilesInput = { connection: 'club', form: FORM, store: 'readback', table: TABLE };
    const wanted = squad.sent;
    return Promise.resolve({
      workflow: 'amsDownloadProfiles',
      input,
      midway: async () => {
        const rows = await this.rows();
        const isEither = [this.held, wanted].some((profiles) => isWhole(profiles, rows));
        this.findings.expect(isEither, 'midway the table read back is neither the old nor the new one');
      },
      judge: async (result) => {
        const told: unknown = typeof result === 'object' && result !== null ? Reflect.get(result, 'profiles') : 0;
        this.findings.expect(told === wanted.size, `the download's result says ${String(told)} profiles`);
        squad.compare(await this.rows());
        const strange = (await filesBelow(this.cell.readbackFolder)).filter((file) => file !== `${TABLE}.csv`);
        this.findings.expect(strange.length === 0, `the store holds ${strange.join(', ')}`);
        this.held = wanted;
      },
    });
  }

  private async rows(): Promise<StoredProfile[]> {
    const text = (await textOf(this.cell.readbackFile(TABLE))) ?? '';
    return parseRows(text).map(({ [USER]: userId, ...values }) => ({
      userId: Number(userId),
      values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? ''])),
    }));
  }
}

function isWhole(profiles: Profiles, rows: readonly StoredProfile[]): boolean {
  const isSame = ({ userId, values }: StoredProfile): boolean =>
    FIELDS.every(({ name }) => profiles.get(userId)?.[name] === values[name]);
  return rows.length === profiles.size && rows.every(isSame);
}
