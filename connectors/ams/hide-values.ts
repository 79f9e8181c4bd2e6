/**
 * Takes the values that were sent out of what a server says of them: a refusal may quote what it refuses. Short ones only where they
 * stand alone, since they would blot out parts of ordinary words.
 */
export function hideValues(text: string, values: readonly string[]): string {
  const longestFirst = [...new Set(values)].filter((value) => value.trim() !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce((clean, value) => {
    if (value.length >= SURELY_A_VALUE) return clean.replaceAll(value, HIDDEN);
    const alone = new RegExp(`(?<![\\p{L}\\p{N}])${escaped(value)}(?![\\p{L}\\p{N}])`, 'gu');
    return clean.replaceAll(alone, HIDDEN);
  }, text);
}

const HIDDEN = '[value]';
const SURELY_A_VALUE = 6;

function escaped(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/gu, String.raw`\$&`);
}
