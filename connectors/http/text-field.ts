/** A field that is a text, of a value of any kind. Of an error, whichever realm it was made in: `code` is `ENOENT` and the like. */
export function textField(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const field: unknown = Reflect.get(value, name);
  return typeof field === 'string' ? field : undefined;
}
