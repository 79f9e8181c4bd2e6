import type { Findings } from '../findings.js';
import type { JudgedPostgres } from '../judged-postgres.js';
import { isWithin, type Span } from './span.js';

/** One COMMIT of a batch, as the database itself has noted it in the same transaction. */
export interface Commit {
  /** Workflow id and run id of the run that it belongs to. */
  run: string;
  /** Number of the batch within its run. */
  sequence: number;
  /** The watermark that came with it. */
  mark: number;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * The database's own log of watermarks: a trigger on the comments of tables, where each batch puts its watermark. Whatever is rolled back
 * is not in it, whatever is committed is, in the order of the commits, whoever looks.
 */
export class CommitLog {
  constructor(private readonly database: JudgedPostgres) {}

  async install(): Promise<void> {
    await this.database.query(`
      CREATE SCHEMA judge;
      CREATE TABLE judge.commits (
        number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT clock_timestamp(), comment jsonb);
      CREATE FUNCTION judge.note() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        INSERT INTO judge.commits (comment)
        SELECT obj_description(objid, 'pg_class')::jsonb FROM pg_event_trigger_ddl_commands()
        WHERE classid = 'pg_class'::regclass AND objsubid = 0;
      END $$;
      CREATE EVENT TRIGGER note_watermarks ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION judge.note()`);
  }

  async of(pipeline: string): Promise<Commit[]> {
    const rows = await this.database.query<{ run: string; sequence: string; mark: string; at: string }>(
      `SELECT comment -> 'tidemark' ->> 'run' AS run, comment -> 'tidemark' ->> 'sequence' AS sequence,
         comment -> 'pg-bulk-ingest' ->> 'high-watermark' AS mark, extract(epoch FROM at) * 1000 AS at
       FROM judge.commits WHERE comment -> 'tidemark' ->> 'pipeline' = $1 ORDER BY number`,
      [pipeline],
    );
    return rows.map(({ run, sequence, mark, at }) => ({
      run,
      sequence: Number(sequence),
      mark: Number(mark),
      at: Number(at),
    }));
  }

  /** How many batches have been committed so far. */
  async count(): Promise<number> {
    const [found] = await this.database.query<{ count: string }>('SELECT count(*)::text FROM judge.commits');
    return Number(found?.count ?? 0);
  }

  /** All runs that have committed anything, of whatever pipeline. */
  async runs(): Promise<Set<string>> {
    const rows = await this.database.query<{ run: string }>(
      `SELECT DISTINCT comment -> 'tidemark' ->> 'run' AS run FROM judge.commits`,
    );
    return new Set(rows.map(({ run }) => run));
  }
}

/** The commits of one pipeline: no batch twice, no step back, and of one run after the other. */
export function judgeCommits(commits: readonly Commit[], spans: readonly Span[], findings: Findings): void {
  const over = new Set<string>();
  for (const [index, { run, sequence, mark, at }] of commits.entries()) {
    const before = commits[index - 1];
    if (before !== undefined && mark < before.mark) findings.add('watermarkWentBack', `${before.mark} to ${mark}`);
    if (before !== undefined && before.run !== run) over.add(before.run);
    if (over.has(run)) findings.add('overlapped', `${run} commits after another run has`);
    const expected = before?.run === run ? before.sequence + 1 : 1;
    if (sequence < expected) findings.add('duplicated', `batch ${sequence} of ${run} was committed again`);
    else findings.expect(sequence === expected, `${run}: batch ${sequence} where ${expected} was due`);
    const span = spans.find(({ identity }) => identity === run);
    if (span === undefined) findings.add('wrong', `Temporal knows nothing of ${run}, which has committed`);
    else if (!isWithin(span, at)) findings.add('overlapped', `${run} has committed while it was not open`);
  }
}
