import type { ValueType } from '../encode/column-types.js';
import { integerSpelling, doubleSpelling, realSpelling } from './numbers.js';
import { numericSpelling } from './numeric.js';
import { booleanSpelling, byteaSpelling, uuidSpelling } from './small.js';
import type { Spelling } from './spelling.js';
import { jsonbSpelling, textSpelling } from './text.js';
import { dateSpelling, timeSpelling, timestampSpelling } from './times.js';

/** Types whose binary reader at the server does what the one of text does. Not `name`, which text cuts, and `xml`, whose text may name an encoding. */
const SPELLINGS: Readonly<Record<string, Spelling>> = {
  text: textSpelling, varchar: textSpelling, bpchar: textSpelling, citext: textSpelling, json: textSpelling,
  jsonb: jsonbSpelling, numeric: numericSpelling, float4: realSpelling, float8: doubleSpelling,
  int2: integerSpelling(2), int4: integerSpelling(4), int8: integerSpelling(8),
  bool: booleanSpelling, uuid: uuidSpelling, bytea: byteaSpelling, date: dateSpelling, time: timeSpelling,
  timestamp: timestampSpelling({ hasZone: false }), timestamptz: timestampSpelling({ hasZone: true }),
}; // prettier-ignore

/** Undefined where the server alone knows how to read the type's text. */
export function chooseSpelling(type: ValueType): Spelling | undefined {
  if (type.underlying !== undefined) return chooseSpelling(type.underlying);
  // An enum's binary format is its label.
  if (type.kind === 'enum') return textSpelling;
  return type.kind === 'base' ? SPELLINGS[type.base] : undefined;
}
