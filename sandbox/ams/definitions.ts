import { z } from 'zod';

/** Types of forms: the keys of `forms/summaries`. */
export const FORM_TYPES = ['event', 'profile', 'database', 'linkedOnlyEvent', 'linkedOnlyProfile'] as const;

export const fieldDefinitionSchema = z.strictObject({
  name: z.string().min(1),
  /**
   * `Text`, `Paragraph Text`, `Number`, `Date` (DD/MM/YYYY), `Time` (h:mm AM), `Dropdown`, `Single Selection`, `Multiple Selection` (joined by
   * `|`), `Calculation`, `Linked Text`, ...; others take any text.
   */
  type: z.string().min(1).default('Text'),
  required: z.boolean().default(false),
  options: z.array(z.string()).default([]),
  /** Name of the section that holds it. */
  section: z.string().min(1).default('General'),
});
export type ParsedField = z.output<typeof fieldDefinitionSchema>;

export const formDefinitionSchema = z
  .strictObject({
    name: z.string().min(1),
    type: z.enum(FORM_TYPES).default('profile'),
    readOnly: z.boolean().default(false),
    category: z.string().default(''),
    fields: z.array(fieldDefinitionSchema).min(1),
  })
  .refine(({ fields }) => new Set(fields.map(({ name }) => name)).size === fields.length, {
    path: ['fields'],
    message: 'names of fields must differ',
  });
export type FormDefinition = z.input<typeof formDefinitionSchema>;

export const userDefinitionSchema = z.strictObject({
  username: z.string().min(1),
  email: z.string().default(''),
  firstName: z.string(),
  lastName: z.string(),
  /** Groups that it is an athlete of: who coaches one of them sees it. */
  groups: z.array(z.string().min(1)).default([]),
});
export type UserDefinition = z.input<typeof userDefinitionSchema>;

/** An account that signs in. */
export const accountDefinitionSchema = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1),
  /** Groups whose users it sees; everybody when left out. */
  coaches: z.array(z.string()).optional(),
  /** Names of the forms that it sees; every form when left out. */
  forms: z.array(z.string()).optional(),
});
export type AccountDefinition = z.input<typeof accountDefinitionSchema>;

/** What a sandbox starts with, in place of the demonstration. */
export const amsContentSchema = z.strictObject({
  forms: z.array(formDefinitionSchema).optional(),
  users: z.array(userDefinitionSchema).optional(),
});
