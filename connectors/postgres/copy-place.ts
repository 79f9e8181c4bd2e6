/**
 * Where COPY stopped, from the server's context, in any of its languages: `COPY orders, line 3, column amount: "abc"`. The table's and
 * the column's names stand there unquoted and may hold anything; what follows is the value, or the whole row, and goes no further.
 * @param relation Unquoted name of the table that COPY wrote to, where it is known.
 * @param columns Unquoted names of the columns that may stand there.
 */
export function copyPlace(
  context: string | undefined,
  relation: string | undefined,
  columns: readonly string[],
): { line: number; column?: string } | undefined {
  if (context === undefined) return undefined;
  // What a type has to say comes before COPY, in lines of its own; what comes behind may be part of the value.
  for (let start = 0; start >= 0; start = nextLine(context, start)) {
    const rest = afterRelation(context.slice(start), relation);
    const line = rest === undefined ? null : /^\D{0,20}?(\d+)/u.exec(rest);
    if (rest === undefined || line === null) continue;
    const column = columnAt(rest.slice(line[0].length), columns);
    return { line: Number(line[1]), ...(column === undefined ? {} : { column }) };
  }
  return undefined;
}

function nextLine(context: string, start: number): number {
  const end = context.indexOf('\n', start);
  return end < 0 ? -1 : end + 1;
}

/** The word COPY stands before the name, in Japanese and Korean behind it. */
function afterRelation(line: string, relation: string | undefined): string | undefined {
  if (relation !== undefined) {
    const at = line.startsWith('COPY ') ? line.indexOf(relation, 5) : line.indexOf(relation);
    if (at < 0 || at > 10) return undefined;
    const rest = line.slice(at + relation.length);
    return /copy/i.test(line.slice(0, at)) || /^.{0,4}copy/iu.test(rest) ? rest : undefined;
  }
  const named = /^COPY .*?(?=, \p{L}+ \d+(?:[,:]|$))/su.exec(line);
  return named === null ? undefined : line.slice(named[0].length);
}

/** `, column NAME: ...`; in Chinese and Japanese no space stands before the name. The longest name that fits is meant. */
function columnAt(text: string, columns: readonly string[]): string | undefined {
  const start = /^[,、，]\s*(?:列\s*|\p{L}+ )/u.exec(text);
  if (start === null) return undefined;
  const rest = text.slice(start[0].length);
  const fitting = columns.filter((name) => rest.startsWith(name) && /^\s?(?:[:：]|$)/u.test(rest.slice(name.length)));
  return fitting.sort((one, other) => other.length - one.length)[0];
}
