import { Api } from './api.js';
import { findForm } from './forms.js';
import { type AmsClientOptions, parseOptions } from './options.js';
import type { Ams, AmsCallOptions, AmsForm, AmsProfile, AmsUser } from './port.js';
import { searchProfiles, upsertProfile } from './profiles.js';
import { listUsers } from './users.js';

/**
 * One account of one AMS site. Nothing is sent before the first call; all callers share one session, which is made once and renewed
 * once when the server ends it. Every error is a `TidemarkError` with a code of `amsErrorCodes`, but for an abort, which throws the
 * signal's own reason.
 */
export class AmsClient implements Ams {
  readonly #api: Api;

  /** Errors: `AMS_BAD_OPTIONS`, `AMS_NO_CREDENTIALS`. */
  constructor(options: AmsClientOptions) {
    this.#api = new Api(parseOptions(options, process.env));
  }

  async check(options: AmsCallOptions = {}): Promise<{ userId: number }> {
    const { userId } = await this.#api.session(options.signal);
    return { userId };
  }

  async findForm(name: string, options: AmsCallOptions = {}): Promise<AmsForm> {
    return await findForm(this.#api, name, options.signal);
  }

  async users(options: AmsCallOptions = {}): Promise<AmsUser[]> {
    return await listUsers(this.#api, options.signal);
  }

  async upsertProfile(
    input: Parameters<Ams['upsertProfile']>[0],
    options: AmsCallOptions = {},
  ): Promise<{ id: number | null }> {
    return await upsertProfile(this.#api, input, options.signal);
  }

  async profiles(input: Parameters<Ams['profiles']>[0], options: AmsCallOptions = {}): Promise<AmsProfile[]> {
    return await searchProfiles(this.#api, input, options.signal);
  }

  close(): Promise<void> {
    this.#api.close();
    return Promise.resolve();
  }
}
