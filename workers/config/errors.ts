import { TidemarkError } from '../../contracts/errors.js';

/** One thing that is wrong in a config file. */
export interface ConfigProblem {
  /** Where in the document, for instance `pipelines.nightly.input.tables[0].source`; empty for the document itself. */
  path: string;
  /** From 1; undefined when the text has no such place. */
  line?: number;
  column?: number;
  /** What is wrong, without the place. */
  message: string;
}

export type ConfigErrorCode =
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_YAML'
  | 'CONFIG_INVALID'
  | 'CONFIG_MISSING_VARIABLE'
  | 'CONFIG_SANDBOX'
  | 'CONFIG_EMBEDDED_POSTGRES';

/** Most problems that a message spells out; `problems` has them all. */
const MAX_SHOWN = 10;

/** The config file cannot be used as it is. The message lists what to change, one line each, with the line of the file. */
export class ConfigError extends TidemarkError {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(
    code: ConfigErrorCode,
    file: string,
    problems: readonly ConfigProblem[],
    options: { mend?: string; cause?: unknown } = {},
  ) {
    super(describe(file, problems), { code, retryable: false, ...options });
    this.file = file;
    this.problems = problems;
  }
}

function describe(file: string, problems: readonly ConfigProblem[]): string {
  const lines = problems.slice(0, MAX_SHOWN).map((problem) => {
    const place = problem.line === undefined ? file : `${file}:${problem.line}:${problem.column ?? 1}`;
    return `${place}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`;
  });
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

export type Path = readonly (string | number)[];

/** `pipelines.nightly.input.tables[0]` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
