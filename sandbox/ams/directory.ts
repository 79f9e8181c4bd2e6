import { HttpError } from '../http/http.js';
import {
  accountDefinitionSchema,
  formDefinitionSchema,
  userDefinitionSchema,
  type AccountDefinition,
  type FormDefinition,
  type ParsedField,
  type UserDefinition,
} from './definitions.js';

export interface StoredForm {
  id: number;
  name: string;
  type: string;
  readOnly: boolean;
  category: string;
  fields: ParsedField[];
}

export interface StoredUser {
  id: number;
  username: string;
  email: string;
  firstName: string;
  lastName: string;
  groups: string[];
}

export interface Account {
  id: number;
  username: string;
  password: string;
  coaches: string[] | undefined;
  forms: string[] | undefined;
}

/** Forms, users and accounts, and which account sees what. */
export class Directory {
  readonly forms: StoredForm[] = [];
  readonly users = new Map<number, StoredUser>();
  readonly accounts: Account[] = [];
  // Apart from each other, so that no id of one is taken for one of another.
  private nextForm = 501;
  private nextUser = 10_001;
  private nextAccount = 91;

  addForm(definition: FormDefinition): StoredForm {
    const form = { id: this.nextForm++, ...formDefinitionSchema.parse(definition) };
    this.forms.push(form);
    return form;
  }

  addUser(definition: UserDefinition): StoredUser {
    const user = { id: this.nextUser++, ...userDefinitionSchema.parse(definition) };
    this.users.set(user.id, user);
    return user;
  }

  addAccount(definition: AccountDefinition): Account {
    const { coaches, forms, ...rest } = accountDefinitionSchema.parse(definition);
    const account = { id: this.nextAccount++, ...rest, coaches, forms };
    this.accounts.push(account);
    return account;
  }

  formsOf(account: Account): StoredForm[] {
    return this.forms.filter(({ name }) => account.forms?.includes(name) ?? true);
  }

  usersOf(account: Account): StoredUser[] {
    return [...this.users.values()].filter((user) => this.sees(account, user));
  }

  sees({ coaches }: Account, { groups }: StoredUser): boolean {
    return coaches === undefined || groups.some((group) => coaches.includes(group));
  }

  /** The one form of this name and one of these types that exists; 403 when the account does not see it. */
  formFor(account: Account, name: unknown, types: readonly string[]): StoredForm | undefined {
    const form = this.forms.find((each) => each.name === name && types.includes(each.type));
    if (form !== undefined && !this.formsOf(account).includes(form)) throw accessDenied();
    return form;
  }

  groups(account: Account): string[] {
    return [...new Set(this.usersOf(account).flatMap(({ groups }) => groups))]
      .filter((group) => account.coaches?.includes(group) ?? true)
      .sort();
  }
}

export const accessDenied = (): HttpError => new HttpError(403, 'Access denied');
