import type { CommonFaultRule } from './fault-rules.js';
import type { Call } from './http.js';

/** One fault that was made. */
export interface FaultEntry<Kind extends string = string> {
  sequence: number;
  /** ISO 8601. */
  at: string;
  kind: Kind;
  label: string | null;
  route: string;
  method: string;
  /** Without its query: signatures are never logged. */
  path: string;
  /** Status that the work had earned, where the work was done. */
  workStatus: number | null;
}

interface ActiveRule<Rule> {
  rule: Rule;
  path: RegExp | undefined;
  routes: readonly string[] | undefined;
  skipped: number;
  made: number;
  random: () => number;
}

/** The rules, and the log that proves which faults were made. */
export class Faults<Rule extends CommonFaultRule, Input> {
  readonly log: FaultEntry<Rule['kind']>[] = [];
  private rules: ActiveRule<Rule>[] = [];

  /** `parse` fills in the defaults of a rule; `fits` decides by what of `match` only the product knows. */
  constructor(
    private readonly parse: (input: Input) => Rule,
    private readonly fits: (rule: Rule, call: Call) => boolean,
  ) {}

  /** Replaces all rules; the log stays. */
  set(rules: readonly Input[]): void {
    this.rules = rules.map((rule) => activate(this.parse(rule)));
  }

  add(rules: readonly Input[]): void {
    this.rules.push(...rules.map((rule) => activate(this.parse(rule))));
  }

  /** The rules as they stand, with how often each was made. */
  list(): (Rule & { made: number })[] {
    return this.rules.map(({ rule, made }) => ({ ...rule, made }));
  }

  /** The fault that befalls this call, if any: it counts as used up. */
  pick(call: Call): Rule | undefined {
    for (const active of this.rules) {
      if (!this.matches(active, call)) continue;
      const { rule } = active;
      if (active.skipped < rule.skip) {
        active.skipped += 1;
        continue;
      }
      if (rule.times !== undefined && active.made >= rule.times) continue;
      if (rule.probability < 1 && active.random() >= rule.probability) continue;
      active.made += 1;
      return rule;
    }
    return undefined;
  }

  record(call: Call, rule: Rule, workStatus: number | null): void {
    this.log.push({
      sequence: this.log.length + 1,
      at: new Date().toISOString(),
      kind: rule.kind,
      label: rule.label ?? null,
      route: call.route,
      method: call.method,
      path: call.url.pathname,
      workStatus,
    });
  }

  private matches({ rule, path, routes }: ActiveRule<Rule>, call: Call): boolean {
    const { method } = rule.match;
    return (
      (method === undefined || method.toUpperCase() === call.method) &&
      (path === undefined || path.test(call.url.pathname)) &&
      (routes === undefined || routes.includes(call.route)) &&
      this.fits(rule, call)
    );
  }
}

function activate<Rule extends CommonFaultRule>(rule: Rule): ActiveRule<Rule> {
  const { path, route } = rule.match;
  return {
    rule,
    path: path === undefined ? undefined : new RegExp(path),
    routes: typeof route === 'string' ? [route] : route,
    skipped: 0,
    made: 0,
    random: seeded(rule.seed),
  };
}

/** Mulberry32: small, and the same everywhere, so that a campaign can be repeated by its seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
