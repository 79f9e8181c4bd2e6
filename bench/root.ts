/** The checkout. */
export const ROOT = process.env['TIDEMARK_ROOT'] ?? process.cwd();
