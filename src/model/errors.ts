/**
 * Expected failures that stop a command, by code. `docs/errors.md` lists them, and a test holds the two together.
 * What stops only a part of a run is a gap in the evidence, not one of these.
 */
export const errorCodes = {
  'kubeconfig-missing': 'No kubeconfig could be found, and this is not a pod.',
  'kubeconfig-invalid': 'A kubeconfig cannot be read.',
  'context-missing': 'The kubeconfig has no such context, or the context names a cluster or user that is not there.',
  'credentials-failed': 'The credentials for the cluster could not be obtained.',
  'server-unreachable': 'The API server did not answer.',
  'server-refused': 'The API server answered with an error that stops the scan.',
  'snapshot-invalid': 'A file given with --from is not a snapshot that this version can read.',
  'configuration-invalid': 'A bulwark.yaml cannot be followed.',
  'baseline-invalid': 'A file given as a baseline, or to compare, is not a report that this version can read.',
  'controls-invalid': 'A file given with --controls holds no controls that can run.',
  'log-unreadable': 'An audit log cannot be read.',
  'output-unwritable': 'A report or snapshot could not be written.',
  'state-unwritable': 'The folder for the state of a watch does not take it, for want of room for example.',
  'unknown-control': 'There is no control of that name.',
  'unknown-format': 'There is no report format of that name.',
  usage: 'The command line cannot be understood.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An expected failure: what happened, where, and the next step. */
export class BulwarkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BulwarkError';
    this.code = code;
    this.hint = hint;
  }
}
