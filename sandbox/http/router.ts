import type { Route } from './http.js';

interface Compiled {
  route: Route;
  segments: string[];
}

/** Finds the route of a request. Metadata and actions answer under `/api/...` and `/api/v1/...` alike. */
export class Router {
  private readonly compiled: Compiled[];

  constructor(routes: readonly Route[]) {
    this.compiled = routes.map((route) => ({ route, segments: route.path.split('/').slice(1) }));
  }

  /** Undefined when no path matches; `wrongMethod` when a path does, but not with this method. */
  match(
    method: string,
    pathname: string,
  ): { route: Route; params: Record<string, string> } | 'wrongMethod' | undefined {
    const segments = pathname
      .replace(/^\/api\/v1\//, '/api/')
      .split('/')
      .slice(1);
    let pathKnown = false;
    for (const candidate of this.compiled) {
      const params = matchSegments(candidate.segments, segments);
      if (params === undefined) continue;
      pathKnown = true;
      if (candidate.route.method === method) return { route: candidate.route, params };
    }
    return pathKnown ? 'wrongMethod' : undefined;
  }
}

function matchSegments(pattern: string[], actual: string[]): Record<string, string> | undefined {
  if (pattern.length !== actual.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const given = actual[index] ?? '';
    if (expected.startsWith(':')) {
      if (given === '') return undefined;
      params[expected.slice(1)] = safeDecode(given);
    } else if (expected !== given) return undefined;
  }
  return params;
}

function safeDecode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray % in a path is a wrong id (404 later on), not a failure of the server.
    return segment;
  }
}
