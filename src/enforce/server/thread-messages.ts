import type { AddressInfo } from 'node:net';
import type { ErrorCode } from '../../model/errors.ts';
import type {
  AdmissionServerOptions,
  Answered,
  ReviewCall,
  ServerKeys,
  ServerLoad,
  Turned,
} from './admission-server.ts';

/** What the thread of the server is started with. */
export type ThreadOptions = Pick<AdmissionServerOptions, 'host' | 'port' | 'keys' | 'clientNames'>;

export interface NumberedCall extends ReviewCall {
  readonly id: number;
}

/** From the thread of the server: that it listens or cannot, what came in since the last message, and that it ended. */
export type FromServer =
  | { readonly kind: 'listening'; readonly address: AddressInfo }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string; readonly hint: string }
  | {
      readonly kind: 'news';
      readonly calls: readonly NumberedCall[];
      readonly turned: readonly { readonly turned: Turned; readonly reason: string }[];
      readonly answered: readonly Answered[];
      readonly load: ServerLoad;
    }
  | { readonly kind: 'stopped' };

/** The answer to a call, or why there is none. */
export type NumberedAnswer =
  | { readonly id: number; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly id: number; readonly error: string };

export type ToServer =
  | { readonly kind: 'answers'; readonly answers: readonly NumberedAnswer[] }
  | { readonly kind: 'renew'; readonly keys: ServerKeys }
  | { readonly kind: 'stop'; readonly delay: number; readonly longest: number };
