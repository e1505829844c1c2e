import type { CertificateFacts } from './certificate.ts';
import type { ListenerId } from './listeners.ts';
import type { AnswerSigns } from './read-answer.ts';
import type { TlsVersion } from './tls-hello.ts';

/** A port to look at, and how it became known. */
export interface ProbeTarget {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** What should listen there. Undefined: whatever the answers show. */
  readonly listener?: ListenerId;
  /** The node's name, where `host` is only its address. */
  readonly node?: string;
  /** Where the port is said: `usual port`, `named`, `--secure-port in process 12 (kube-apiserver)`. */
  readonly origin: string;
}

/**
 * `closed`: refused. `filtered`: nothing came back in time. `unreachable`: no route. `unresolved`: the name has no
 * address. `skipped`: the run ended before.
 */
export type Reach = 'open' | 'closed' | 'filtered' | 'unreachable' | 'unresolved' | 'skipped';

/** Everything that was seen of one port, with nothing judged. Bodies of answers are read and dropped. */
export interface Observation {
  readonly target: ProbeTarget;
  /** The address that was connected to. */
  readonly address?: string;
  readonly reach: Reach;
  /** The system's word for why it could not be reached. */
  readonly reason?: string;
  readonly transport?: 'tls' | 'plain' | 'silent' | 'other';
  /** What it proved to be, or is taken for by its port. Absent: something else. */
  readonly listener?: ListenerId;
  readonly tls?: TlsFacts;
  /** As nobody, in the order asked. */
  readonly answers: readonly ProbeAnswer[];
  readonly identities?: IdentityAnswers;
  /** Whether time or an interruption kept requests from being sent. */
  readonly cut?: true;
}

export interface TlsFacts {
  /** By version: accepted, refused, or undefined where it could not be told. */
  readonly versions: Readonly<Partial<Record<TlsVersion, 'accepted' | 'refused'>>>;
  /** Accepted in TLS 1.2 and older, by their IANA names, in the server's order of preference. */
  readonly suites: readonly string[];
  readonly clientCertificate: 'not-asked' | 'asked' | 'required' | 'unknown';
  /** The alert that a client without a certificate got. */
  readonly alert?: string;
  /** As presented, the server's own first. */
  readonly chain: readonly CertificateFacts[];
  /** Whether chain and name verify against the authority that the user gave. Absent: none was given, or it cannot be told. */
  readonly verified?: { readonly ok: true } | { readonly ok: false; readonly reason: string };
}

export interface ProbeAnswer {
  readonly path: string;
  /** The Host header, where it was not the address. */
  readonly hostHeader?: string;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly kind: 'http'; readonly status: number; readonly location?: string; readonly signs: AnswerSigns }
  | { readonly kind: 'tls-alert'; readonly alert: string }
  /** Bytes that are no HTTP. */
  | { readonly kind: 'not-http'; readonly reason: string }
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'timeout' }
  /** It must not be asked, or time ran out. */
  | { readonly kind: 'not-sent'; readonly reason: string };

/** The same request, as three identities. */
export interface IdentityAnswers {
  readonly path: string;
  readonly nobody: Outcome;
  /** An identity without rights. Absent: none was given. */
  readonly weak?: IdentityAnswer;
  readonly given: IdentityAnswer;
}

export interface IdentityAnswer {
  /** `impersonated`: the given identity asked as another. */
  readonly how: 'own' | 'impersonated';
  readonly outcome: Outcome;
}
