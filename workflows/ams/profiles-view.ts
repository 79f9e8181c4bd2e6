import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { AmsUpsertOptions } from '../../contracts/ams-inputs.js';
import type { AmsChanges, AmsOutcome, AmsProgress } from '../../contracts/ams-results.js';
import { counted, grouped } from '../../contracts/readable.js';
import { ENDS, instant, row, text } from '../markdown.js';
import { NOTHING_YET, upsertResult, type AmsTally } from './result.js';

export const profilesProgressQuery = defineQuery<AmsProgress>('progress');

const MAX_NOTE = 1_000;
const MAX_FIELDS = 25;

/**
 * What a person sees of a profile upsert: the Web UI's current details and the query `progress`. Both stand as of the latest stretch's
 * end; what goes on within one is in the heartbeats of its activity.
 */
export class ProfilesView {
  private form = '';
  private pipeline: string | undefined;
  private phase = 'starting';
  private since = Date.now();
  private note: string | undefined;
  private tally = NOTHING_YET;
  private outcome: AmsOutcome | undefined;
  private until: number | undefined;

  constructor() {
    setHandler(profilesProgressQuery, () => this.progress(), {
      description:
        'Form, result, rows upserted and attempted, as of the latest stretch of rows; what would be changed.',
    });
    this.show();
  }

  about({ form, pipeline }: AmsUpsertOptions): void {
    this.form = form;
    this.pipeline = pipeline;
    this.show();
  }

  enter(phase: string, note?: string): void {
    if (phase !== this.phase) this.since = Date.now();
    this.phase = phase;
    this.note = note;
    this.until = undefined;
    this.show();
  }

  /** An answer is waited for, until then (milliseconds since 1970). */
  waits(until: number): void {
    this.enter('waiting for confirmation');
    this.until = until;
    this.show();
  }

  know(tally: AmsTally): void {
    this.tally = tally;
    this.show();
  }

  ended(outcome: AmsOutcome): void {
    this.outcome = outcome;
  }

  private progress(): AmsProgress {
    const { rows, upserted, attempted, failed, notAttempted } = upsertResult(this.form, this.tally);
    return {
      phase: this.phase,
      form: this.form,
      ...(this.outcome === undefined ? {} : { result: this.outcome }),
      ...{ rows, upserted, attempted, failed, notAttempted },
      ...(this.tally.changes === undefined ? {} : { changes: this.tally.changes }),
      ...(this.until === undefined ? {} : { confirmUntil: new Date(this.until).toISOString() }),
    };
  }

  private show(): void {
    const { form, pipeline, phase, since, note, until, tally } = this;
    setCurrentDetails(profilesMarkdown({ form, pipeline, phase, since, note, until, tally }));
  }
}

interface Shown {
  form: string;
  pipeline: string | undefined;
  phase: string;
  /** Milliseconds since 1970. */
  since: number;
  note: string | undefined;
  until: number | undefined;
  tally: AmsTally;
}

/** The current details of a profile upsert, for the Web UI. */
export function profilesMarkdown({ form, pipeline, phase, since, note, until, tally }: Shown): string {
  const { rows, upserted, attempted, failed, notAttempted } = upsertResult(form, tally);
  return [
    `### ${form === '' ? workflowInfo().workflowType : text(`Profiles of ${form}`)}`,
    `**${text(phase)}** ${ENDS.includes(phase) ? 'at' : 'since'} ${instant(since)} UTC`,
    ...(note === undefined ? [] : [`> ${text(note, MAX_NOTE)}`]),
    ...(rows === 0
      ? []
      : [
          `${counted(rows, 'row')} · ${grouped(upserted)} upserted · ${grouped(attempted)} attempted · ${grouped(failed)} failed · ${grouped(notAttempted)} not attempted`,
        ]),
    ...(tally.changes === undefined || ENDS.includes(phase) ? [] : changesMarkdown(tally.changes)),
    ...(until === undefined ? [] : [howToAnswer(until, pipeline)]),
  ].join('\n\n');
}

function changesMarkdown({ readable, users, created, changed, unchanged, fields, sample }: AmsChanges): string[] {
  if (!readable)
    return [
      `${counted(users, 'user')} would be written; the account may not read profiles, so what changes is not known.`,
    ];
  const counts = Object.entries(fields).sort(([, a], [, b]) => b - a);
  const lines = counts.slice(0, MAX_FIELDS).map(([field, count]) => row([text(field), grouped(count)]));
  return [
    `${counted(users, 'user')} would be written: ${grouped(created)} new, ${grouped(changed)} changed, ${grouped(unchanged)} as they are`,
    ...(lines.length === 0 ? [] : [[row(['field', 'users']), '|:-|-:|', ...lines].join('\n')]),
    ...(counts.length > lines.length ? [`… and ${grouped(counts.length - lines.length)} more fields`] : []),
    ...(sample === undefined
      ? []
      : [`Values: ${text(`${sample.location}/${sample.name}-*.json`, MAX_NOTE)} in the results location`]),
  ];
}

/** `text` takes no markup, so what is to be typed is put together here: the pipeline's name is one of the config's. */
function howToAnswer(until: number, pipeline: string | undefined): string {
  const command = pipeline === undefined ? '' : ` \`tidemark confirm ${pipeline.replaceAll('`', '')} yes\` (or no), or`;
  return `Waits until ${instant(until)} UTC for an answer:${command} the update \`confirm\` with \`{"by": "your name", "answer": "yes"}\``;
}
