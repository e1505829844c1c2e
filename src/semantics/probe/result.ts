import type { Severity } from '../../model/severity.ts';
import type { Advice } from './listeners.ts';
import type { Observation } from './observation.ts';

/** Something about a listener that should be otherwise. */
export interface Exposure extends Advice {
  /** Ours, stable: `anonymous-access`, `weak-tls`. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong here, to follow the listener's name: `answers anyone: /pods (…)`. */
  readonly message: string;
}

/**
 * `exposed`: there are exposures. `public`: it answers strangers, as it is meant to. `secure`: it keeps them out.
 * `closed`: nothing can be reached. `unknown`: what was seen does not decide.
 */
export type ProbeVerdict = 'exposed' | 'public' | 'secure' | 'closed' | 'unknown';

export interface ProbeResult {
  readonly observation: Observation;
  /** What listens, in words: `kubelet`, `something`. */
  readonly name: string;
  readonly verdict: ProbeVerdict;
  /** What was seen and what it means, in a sentence without a full stop. */
  readonly sentence: string;
  /** The gravest first. */
  readonly exposures: readonly Exposure[];
  /** The three identities, where credentials were given. */
  readonly comparison?: string;
}
