/** What an assignment cast from one type to another can do to values. */
export type Narrowing = 'may-fail' | 'may-lose';

/**
 * Pure. `may-fail`: the server refuses a value that does not fit, so that nothing is lost. `may-lose`: values are rounded or cut
 * without a word. Undefined where every value survives, or where there is no such cast, which the server says itself.
 */
export function narrowing(from: string, to: string): Narrowing | undefined {
  const [old, next] = [parseType(from), parseType(to)];
  const integers = [INTEGER_SIZES[old.base], INTEGER_SIZES[next.base]] as const;
  if (integers[0] !== undefined && integers[1] !== undefined) return integers[1] < integers[0] ? 'may-fail' : undefined;
  if (FRACTIONS.has(old.base)) return narrowFraction(old, next);
  if (CHARACTERS.has(old.base) && CHARACTERS.has(next.base)) {
    const limit = next.limits[0];
    return limit !== undefined && (old.limits[0] ?? Infinity) > limit ? 'may-fail' : undefined;
  }
  if (old.base.startsWith('timestamp') || old.base.startsWith('time') || old.base === 'interval')
    return narrowInstant(old, next);
  // A number as text of a limited length: too long is refused.
  if (next.limits.length > 0 && (CHARACTERS.has(next.base) || next.base === 'numeric')) return 'may-fail';
  return undefined;
}

interface ParsedType {
  base: string;
  limits: readonly number[];
}

const INTEGER_SIZES: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 };
const FRACTIONS: ReadonlySet<string> = new Set(['numeric', 'real', 'double precision']);
const CHARACTERS: ReadonlySet<string> = new Set(['character varying', 'character', 'text']);
const MOST_DIGITS_OF_A_SECOND = 6;

/** As `format_type` spells them: `numeric(10,2)`, `timestamp(3) without time zone`. */
function parseType(type: string): ParsedType {
  const limits = /\(([\d,\s-]+)\)/.exec(type)?.[1]?.split(',').map(Number) ?? [];
  return {
    base: type
      .replace(/\([^)]*\)/, '')
      .replace(/\s+/g, ' ')
      .trim(),
    limits,
  };
}

function narrowFraction(old: ParsedType, next: ParsedType): Narrowing | undefined {
  if (next.base in INTEGER_SIZES) return 'may-lose';
  if (next.base === 'numeric') {
    const [digits, decimals = 0] = next.limits;
    if (digits === undefined) return undefined;
    const [oldDigits, oldDecimals = 0] = old.limits;
    if (oldDigits === undefined || oldDecimals > decimals) return 'may-lose';
    return oldDigits - oldDecimals > digits - decimals ? 'may-fail' : undefined;
  }
  const isFloat = next.base === 'real' || next.base === 'double precision';
  return isFloat && (old.base === 'numeric' || next.base === 'real') && old.base !== next.base ? 'may-lose' : undefined;
}

function narrowInstant(old: ParsedType, next: ParsedType): Narrowing | undefined {
  if (next.base !== old.base)
    return next.base === 'date' || next.base.startsWith('time ') || next.base === 'timestamp without time zone'
      ? 'may-lose'
      : undefined;
  const precision = next.limits[0] ?? MOST_DIGITS_OF_A_SECOND;
  return precision < (old.limits[0] ?? MOST_DIGITS_OF_A_SECOND) ? 'may-lose' : undefined;
}
