import { notApplicable, type Verdict } from '../model/verdict.ts';

/** For what Windows does not have: Pod Security skips such checks where `spec.os.name` is `windows` (1.25 and later). */
export const notOnWindows: Verdict = notApplicable('Windows containers have no such setting');
