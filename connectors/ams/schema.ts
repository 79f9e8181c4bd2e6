import { z } from 'zod';
import { isRecord } from '../http/is-record.js';
import type { AmsField } from './port.js';

// Shapes of AMS's replies, as teamworksams 0.1.0 reads them. Replies may carry fields that we do not know: those pass unread.

const id = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,15}$/u)
    .transform(Number),
]);
const text = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

export const signedInSchema = z.object({ user: z.object({ id }) });

const userSchema = z
  .object({ userId: id, username: text, emailAddress: text, firstName: text, lastName: text })
  .transform(({ userId, emailAddress, ...names }) => ({ id: userId, email: emailAddress, ...names }));

/** `{"results": [{"results": [User]}]}`, all groups as one list. A group may have no list of its own. */
export const usersSchema = z
  .object({
    results: z.array(
      z.object({
        results: z
          .array(userSchema)
          .nullish()
          .transform((users) => users ?? []),
      }),
    ),
  })
  .transform(({ results }) => results.flatMap((group) => group.results));

const summarySchema = z.object({ id, name: z.string(), isReadOnly: flag });

/** `{"event": [Form] or null, "profile": ...}`: the key of the list is the type of its forms. */
export const summariesSchema = z
  .preprocess(
    // What is no list passes unread; without a list of any known type it is another kind of reply.
    (reply) => (isRecord(reply) && FORM_TYPES.some((type) => type in reply) ? listsOf(reply) : reply),
    z.record(z.string(), z.array(summarySchema)),
  )
  .transform((lists) => Object.entries(lists).flatMap(([type, forms]) => forms.map((form) => ({ ...form, type }))));
export type FormSummary = z.output<typeof summariesSchema>[number];

const FORM_TYPES = ['event', 'profile', 'database', 'linkedOnlyEvent', 'linkedOnlyProfile'];

function listsOf(reply: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(reply).filter(([, value]) => Array.isArray(value)));
}

interface Node {
  name: string;
  type: string;
  required: boolean;
  formItemType: string;
  options: string[];
  children: Node[];
}

/** Its shape is told nowhere: texts, or objects that name the choice. */
const optionsSchema = z
  .array(z.unknown())
  .nullish()
  .transform((options) => (options ?? []).map(optionText).filter((option) => option !== undefined));

const nodeSchema: z.ZodType<Node> = z.lazy(() =>
  z.object({
    name: text,
    type: text,
    required: flag,
    formItemType: text,
    options: optionsSchema,
    children: z
      .array(nodeSchema)
      .nullish()
      .transform((children) => children ?? []),
  }),
);

/** The tree of a form: sections (`FormFieldSet`) hold fields (`FormItem`) and sections. The fields, in the form's order. */
export const formTreeSchema = z
  .object({ id, name: z.string(), children: z.array(nodeSchema).nullish() })
  .transform(({ children }) => fieldsOf(children ?? []));

function fieldsOf(nodes: readonly Node[]): AmsField[] {
  return nodes.flatMap(({ name, type, required, formItemType, options, children }) => [
    ...(type === 'FormItem' ? [{ name, type: formItemType, required, options }] : []),
    ...fieldsOf(children),
  ]);
}

function optionText(option: unknown): string | undefined {
  if (typeof option === 'string') return option;
  if (typeof option === 'number') return String(option);
  if (!isRecord(option)) return undefined;
  return ['name', 'value', 'label', 'text'].map((key) => option[key]).find((value) => typeof value === 'string');
}

const profileSchema = z
  .object({
    formName: z.string().nullish(),
    userId: z.union([id, z.object({ userId: id }).transform(({ userId }) => userId)]),
    rows: z.array(z.object({ pairs: z.array(z.object({ key: z.string(), value: text })).nullish() })).nullish(),
  })
  .transform(({ formName, userId, rows }) => ({
    formName: formName ?? null,
    userId,
    values: Object.fromEntries(
      (rows ?? []).flatMap(({ pairs }) => (pairs ?? []).map(({ key, value }) => [key, value])),
    ),
  }));

export const profilesSchema = z.object({ profiles: z.array(profileSchema) }).transform(({ profiles }) => profiles);
