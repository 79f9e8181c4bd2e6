import type { ValueType } from './column-types.js';
import { dateText, intervalText, timestampText } from './instants.js';
import { toJson } from './json.js';
import { Misfit } from './misfit.js';
import { arrayText, compositeText, multirangeText, rangeText, VECTORS, vectorText } from './nested.js';
import { booleanText, byteaText, floatText, integerText, numericText, plainText, type ToText } from './scalars.js';

/** Chosen once per column: what writes the values of a type as the server's text of it. */
export function toTextOf(type: ValueType): ToText {
  switch (type.kind) {
    case 'domain':
      return toTextOf(part(type.underlying));
    case 'array':
      return arrayText(type, part(type.element), toTextOf(part(type.element)));
    case 'range':
      return rangeText(type, toTextOf(part(type.element)));
    case 'multirange':
      return multirangeText(type, toTextOf(part(type.element)));
    case 'composite':
      return compositeText(
        type,
        (type.fields ?? []).map((field) => ({ name: field.name, toText: toTextOf(field) })),
      );
    case 'enum':
      return plainText;
    case 'base':
      return baseText(type.base);
  }
}

function baseText(base: string): ToText {
  switch (base) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return integerText;
    case 'numeric':
    case 'money':
      return numericText;
    case 'float4':
    case 'float8':
      return floatText;
    case 'bool':
      return booleanText;
    case 'bytea':
      return byteaText;
    case 'json':
    case 'jsonb':
      return toJson;
    case 'date':
      return dateText;
    case 'timestamp':
      return timestampText('');
    case 'timestamptz':
      return timestampText('+00');
    case 'interval':
      return intervalText;
    default:
      return VECTORS.includes(base) ? vectorText : plainText;
  }
}

function part(type: ValueType | undefined): ValueType {
  if (type === undefined) throw new Misfit('a type whose parts are not known');
  return type;
}
