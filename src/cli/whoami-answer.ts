import type { AnonymousAnswer } from '../collect/kubeconfig/ask-anonymous.ts';
import type { KubeconfigCluster } from '../model/kubeconfig.ts';
import type { WhoamiEntry } from '../report/whoami.ts';

interface Server {
  readonly cluster: KubeconfigCluster;
  readonly isTls: boolean;
  /** Whether the system trusts the authority without being told to. */
  readonly isPublic: boolean;
}

/** What an answer to nobody in particular says of the server's certificate, and of a bare `curl` to it. */
export function answerOf(
  answer: AnonymousAnswer,
  { cluster, isTls, isPublic }: Server,
): Pick<WhoamiEntry, 'trust' | 'isTrusted' | 'curl'> {
  if (answer.kind === 'failed') return { curl: `fails like everything else: ${failureText(answer)}` };
  const refused = refusalText(answer.status, answer.user);
  if (!isTls) return { trust: 'without TLS: nothing is verified or encrypted', isTrusted: false, curl: refused };
  const trust = trustOf(answer.mistrust, cluster);
  if (isPublic && answer.mistrust === undefined) return { ...trust, curl: refused };
  return {
    ...trust,
    curl: `stops at TLS, as the system does not know the cluster's authority; told of it with --cacert, ${refused}`,
  };
}

function trustOf(mistrust: string | undefined, cluster: KubeconfigCluster): Pick<WhoamiEntry, 'trust' | 'isTrusted'> {
  const by = cluster.authority === undefined ? 'the system’s authorities' : 'the authority of the kubeconfig';
  if (mistrust === undefined) return { trust: `its certificate verifies against ${by}`, isTrusted: true };
  const ignored = cluster.insecureSkipTlsVerify ? ', and kubectl does not mind (insecure-skip-tls-verify)' : '';
  return { trust: `its certificate does not verify: ${mistrustText(mistrust)}${ignored}`, isTrusted: false };
}

const mistrusts: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'another authority signed it than the kubeconfig names',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known',
  SELF_SIGNED_CERT_IN_CHAIN: 'another authority signed it than the kubeconfig names',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it signed itself',
  CERT_SIGNATURE_FAILURE: 'another authority of the same name signed it',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet, or a clock is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it does not have the name of the server',
};

function mistrustText(code: string): string {
  const known = Object.hasOwn(mistrusts, code) ? mistrusts[code] : undefined;
  if (known !== undefined) return known;
  return /altnames|Hostname\/IP/.test(code) ? 'it does not have the name of the server' : code;
}

function refusalText(status: number, user: string | undefined): string {
  switch (status) {
    case 401:
      return 'it sends no credential, and anonymous access is off: nobody unknown is let in (401 Unauthorized)';
    case 403:
      return `it sends no credential and is taken for ${user ?? 'system:anonymous'}, whom no role lets read /api (403 Forbidden)`;
    case 200:
      return 'it is not refused: the server answers /api to anyone (200 OK)';
    default:
      return `it gets ${status}, which is not how an API server refuses: something else may stand in front of it`;
  }
}

function failureText({ code, message }: { readonly code: string; readonly message: string }): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of the server cannot be resolved';
    case 'ETIMEDOUT':
      return 'no answer in time';
    case 'ECONNRESET':
      return 'the connection was cut';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to the server';
    case 'EPROTO':
      return 'the server speaks no TLS there, or none that is known today';
    default:
      return code.startsWith('ERR_SSL') ? 'TLS fails before anything is sent' : message;
  }
}
