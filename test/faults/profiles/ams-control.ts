import { z } from 'zod';
import { SandboxControl } from '../sandbox-control.js';

const profileSchema = z.object({ userId: z.number(), values: z.record(z.string(), z.string()) });
export type StoredProfile = z.output<typeof profileSchema>;

/** The control API of AMS's sandbox, as the campaign uses it from outside. */
export class AmsControl extends SandboxControl {
  async userIds(): Promise<number[]> {
    const { users } = z.object({ users: z.array(z.object({ id: z.number() })) }).parse(await this.call('GET', 'users'));
    return users.map(({ id }) => id);
  }

  async profiles(form: string): Promise<StoredProfile[]> {
    const reply = await this.call('GET', `forms/${encodeURIComponent(form)}/profiles`);
    return z.object({ profiles: z.array(profileSchema) }).parse(reply).profiles;
  }

  /** Every session that it has given. */
  async issuedSessions(): Promise<string[]> {
    return z.object({ issued: z.array(z.string()) }).parse(await this.call('GET', 'sessions')).issued;
  }

  /** The next call has to sign in. */
  async endSessions(): Promise<void> {
    await this.call('POST', 'sessions/end');
  }
}
