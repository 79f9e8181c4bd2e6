import type { AmsField } from '../../connectors/ams/port.js';

/** What becomes of a cell: the text that the form takes, or why it takes none. The reason never holds the value. */
export type Fitted = { value: string } | { problem: string };

const MAX_OPTIONS_SHOWN = 8;

/** Fields that AMS fills in by itself: by a calculation, or from another form. */
export function isComputed({ type }: Pick<AmsField, 'type'>): boolean {
  return /^(calculation|calculated|linked)\b/iu.test(type.trim());
}

/**
 * A cell in the form's own spelling. Numbers and texts stay as they are: `180.5`, `00123`. Dates become `31/01/2025`, times `9:05 AM`,
 * as AMS writes them; true and false become the option that means them.
 */
export function fitValue(field: AmsField, text: string): Fitted {
  const { type, options } = field;
  if (options.length > 0)
    return /multi|checkboxes/iu.test(type) ? severalOptions(options, text) : oneOption(options, text);
  if (/^(number|numeric|decimal|integer)\b/iu.test(type)) return number(text);
  if (/^date\b/iu.test(type)) return date(text);
  if (/^time\b/iu.test(type)) return time(text);
  return { value: text };
}

function number(text: string): Fitted {
  if (/^-?\d+(\.\d+)?$/u.test(text)) return { value: text };
  return { problem: 'it is no number, written with digits and a point' };
}

/** An ISO date may come with a time of midnight, as databases write it. */
function date(text: string): Fitted {
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00(?::?00)?)?)?$/u.exec(text);
  const own = /^(\d{2})\/(\d{2})\/(\d{4})$/u.exec(text);
  const [year, month, day] = iso !== null ? iso.slice(1) : own !== null ? own.slice(1).reverse() : [];
  if (year === undefined || month === undefined || day === undefined || !isDay(+year, +month, +day))
    return { problem: 'it is no date, written as 2025-01-31 or 31/01/2025' };
  return { value: `${day}/${month}/${year}` };
}

function isDay(year: number, month: number, day: number): boolean {
  const found = new Date(Date.UTC(year, month - 1, day));
  // Years below 100 would be taken for those of the last century.
  return year >= 100 && found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
}

function time(text: string): Fitted {
  if (/^(1[0-2]|[1-9]):[0-5]\d (AM|PM)$/u.test(text)) return { value: text };
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)(?::00(?:\.0+)?)?$/u.exec(text) ?? [];
  if (hours === undefined || minutes === undefined)
    return { problem: 'it is no time of day, written as 14:05 or 2:05 PM' };
  return { value: `${+hours % 12 === 0 ? 12 : +hours % 12}:${minutes} ${+hours < 12 ? 'AM' : 'PM'}` };
}

function oneOption(options: readonly string[], text: string): Fitted {
  if (options.includes(text)) return { value: text };
  const meaning = truthOf(text);
  const [same, another] = meaning === undefined ? [] : options.filter((option) => truthOf(option) === meaning);
  if (same !== undefined && another === undefined) return { value: same };
  return { problem: `it is none of the options ${shown(options)}` };
}

/** Several of them, joined by `|` as AMS writes them, or by commas; an option may hold a comma itself. */
function severalOptions(options: readonly string[], text: string): Fitted {
  for (const separator of ['|', ','] as const) {
    const parts = text.split(separator).map((part) => part.trim());
    if (options.includes(text) || parts.every((part) => options.includes(part)))
      return { value: options.includes(text) ? text : parts.join('|') };
  }
  return { problem: `it is no list, with | between, of the options ${shown(options)}` };
}

const TRUE_WORDS = ['true', 't', 'yes', 'y'];
const FALSE_WORDS = ['false', 'f', 'no', 'n'];

function truthOf(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  return FALSE_WORDS.includes(word) ? false : undefined;
}

/** Options are the form's, not a row's: they may be named. */
function shown(options: readonly string[]): string {
  const first = options.slice(0, MAX_OPTIONS_SHOWN).map((option) => `'${option.slice(0, 40)}'`);
  return `${first.join(', ')}${options.length > first.length ? ` and ${options.length - first.length} more` : ''}`;
}
