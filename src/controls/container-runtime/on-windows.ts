import { notApplicable } from '../../model/verdict.ts';

/** Pods of Windows nodes have none of the Linux security fields; Pod Security skips them so from v1.25. */
export const onWindows = notApplicable('the pod runs on Windows');
