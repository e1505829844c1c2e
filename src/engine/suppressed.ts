import type { Exception } from '../model/exception.ts';
import type { Baseline } from './baseline.ts';
import { matchesName } from './exception-pattern.ts';
import { type ExceptionBook, matchesObject } from './exceptions.ts';
import type { Finding } from './finding.ts';
import { copiesIn, type FindingRecord, recordOf, type Worsening, worsening } from './finding-record.ts';
import type { InlineMistake } from './inline-exceptions.ts';
import type { Judgement } from './judge.ts';

/** A finding that does not count, and why. Every report counts them. */
export interface Suppressed {
  readonly finding: Finding;
  readonly by: Suppression;
}

export type Suppression =
  | { readonly kind: 'exception'; readonly exception: Exception }
  /** It was there when the baseline was written. */
  | { readonly kind: 'baseline'; readonly file: string };

/** What there is to say of exceptions: none of it hides anything, so it changes no exit code. */
export interface ExceptionNotice {
  /** `unmatched`: nothing that was judged is what it is about, which a scan of a part brings with it. */
  readonly kind: 'unused' | 'unmatched' | 'expired' | 'unknown-control' | 'contradiction' | 'no-date' | 'not-followed';
  /** Where the exception stands. */
  readonly place: string;
  readonly message: string;
}

/** How a judgement compares with a baseline. */
export interface BaselineAccount {
  readonly file: string;
  /** Findings that were there before, those that were there and are worse now, and those of the baseline that are gone. */
  readonly known: number;
  readonly worse: number;
  readonly gone: number;
  /** Why the two may differ for other reasons than what was judged. */
  readonly notice?: string;
}

export interface ExceptionOptions {
  readonly book: ExceptionBook;
  readonly now: Date;
  readonly mistakes?: readonly InlineMistake[];
  /** Ids of controls that would run, had somebody not left them out: whether they need an exception, nobody knows. */
  readonly leftOut?: readonly string[];
}

/** The judgement without the findings that an exception covers: those are in `suppressed`. */
export function withExceptions(judgement: Judgement, options: ExceptionOptions): Judgement {
  const { book, now, mistakes = [] } = options;
  if (book.size === 0 && mistakes.length === 0) return judgement;
  const findings: Finding[] = [];
  const suppressed: Suppressed[] = [...(judgement.suppressed ?? [])];
  for (const finding of judgement.findings) {
    const exception = book.exceptionFor(finding, now);
    if (exception === undefined) findings.push(finding);
    else suppressed.push({ finding, by: { kind: 'exception', exception } });
  }
  return { ...judgement, findings, suppressed, notices: noticesOf(options, judgement) };
}

/** The judgement without the findings that were there before, and were no better. */
export function withBaseline(judgement: Judgement, { file, records, wording, notice }: Baseline): Judgement {
  const copies = copiesIn(judgement.snapshot);
  const findings: Finding[] = [];
  const suppressed: Suppressed[] = [...(judgement.suppressed ?? [])];
  const worse = new Map<Finding, Worsening>();
  const seen = new Set<FindingRecord>();
  for (const { finding } of suppressed) for (const each of records.of(recordOf(finding, copies))) seen.add(each);
  for (const finding of judgement.findings) {
    const record = recordOf(finding, copies);
    const before = records.of(record);
    for (const each of before) seen.add(each);
    const difference = before.length === 0 ? undefined : worsening(record, before, wording);
    if (before.length > 0 && difference === undefined) {
      suppressed.push({ finding, by: { kind: 'baseline', file } });
      continue;
    }
    findings.push(finding);
    if (difference !== undefined) worse.set(finding, difference);
  }
  const known = judgement.findings.length - findings.length;
  const gone = records.all.length - seen.size;
  return {
    ...judgement,
    findings,
    suppressed,
    worse,
    baseline: { file, known, worse: worse.size, gone, ...(notice !== undefined && { notice }) },
  };
}

function noticesOf(
  { book, now, mistakes = [], leftOut = [] }: ExceptionOptions,
  judgement: Judgement,
): ExceptionNotice[] {
  const problems = book.problems(now);
  const told = new Set(problems.map(({ exception }) => exception));
  const couldSay = memoised((control: string) => {
    return (
      judgement.controls.some(({ id }) => matchesName(control, id)) && !leftOut.some((id) => matchesName(control, id))
    );
  });
  const unused = book.unused().filter((exception) => {
    return !told.has(exception) && exception.origin.by !== 'peer' && couldSay(exception.control);
  });
  return [
    ...mistakes.map(({ place, message }) => ({ kind: 'not-followed', place, message }) as const),
    ...problems.map(({ kind, exception, message }) => ({ kind, place: exception.origin.place, message })),
    ...unused.map((exception) => unusedNotice(exception, judgement)),
  ];
}

function unusedNotice({ control, object, origin }: Exception, { snapshot }: Judgement): ExceptionNotice {
  const { place } = origin;
  const isAbout =
    object === undefined ||
    origin.by !== 'configuration' ||
    snapshot.objects.some((each) => matchesObject(object, each));
  return isAbout
    ? { kind: 'unused', place, message: `no finding of ${control} needs it` }
    : { kind: 'unmatched', place, message: `nothing that was judged is the object of the one of ${control}` };
}

function memoised(answer: (key: string) => boolean): (key: string) => boolean {
  const known = new Map<string, boolean>();
  return (key) => {
    const before = known.get(key) ?? answer(key);
    known.set(key, before);
    return before;
  };
}
