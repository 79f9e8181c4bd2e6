/** First lines and all of an error's message, whatever was thrown and wherever it was made (jest's errors are of another realm). */
export function errorText(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** Its first line only: what follows may quote data. */
export function errorSummary(error: unknown): string {
  return errorText(error).split('\n', 1)[0] ?? '';
}
