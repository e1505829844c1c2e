import { ApiError, unreachableHint } from '../collect/cluster/api-error.ts';
import { KubeApi } from '../enforce/cluster/kube-api.ts';
import { isPod, serviceAccountConnection } from '../enforce/cluster/service-account.ts';
import type { Target } from '../enforce/registration/configurations.ts';
import type { WebhookNames } from '../enforce/registration/names.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Terminal } from './terminal.ts';
import type { ClusterFlags } from './webhook.ts';

const timeoutMs = 15_000;

/** The API server of the flags, of the environment, or of this pod. */
export function openApi({ kubeconfig, context }: ClusterFlags, { env }: Terminal, signal?: AbortSignal): KubeApi {
  const inPod = isPod(env) && kubeconfig === undefined && context === undefined && (env['KUBECONFIG'] ?? '') === '';
  return new KubeApi({
    connect: async (before) => {
      if (inPod) return serviceAccountConnection(env, before);
      // Reading kubeconfigs as kubectl does takes a library that a server in a pod has no use for.
      const { connect } = await import('../collect/cluster/connect.ts');
      return connect({ kubeconfig, context, env, timeoutMs, maxSockets: 32 });
    },
    ...(inPod && { renewAfter: 5 * 60_000 }),
    timeoutMs,
    ...(signal !== undefined && { signal }),
  });
}

export function namesOf({ namespace, name }: ClusterFlags): WebhookNames {
  return { namespace, name };
}

/** Where API servers call: the Service that install brings, unless a URL is given. Throws `usage`. */
export function targetOf(flags: ClusterFlags & { readonly url?: string }): Target {
  const { url, name, namespace } = flags;
  if (url === undefined) return { service: { namespace, name, port: 443 } };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' && parsed.search === '' && parsed.username === '') return { url };
  throw new BulwarkError('usage', `--url: "${url}" cannot be called`, 'write https://HOST:PORT');
}

/** Runs a command's requests, and tells failures as every command does. */
export async function askingServer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isTransport) {
      const hint = unreachableHint(error);
      throw new BulwarkError('server-unreachable', `the API server cannot be reached: ${error.message}`, hint, {
        cause: error,
      });
    }
    const hint = error.status === 403 ? 'choose a user who may do that with --context' : '';
    throw new BulwarkError('server-refused', `the API server refused: ${error.message}`, hint, { cause: error });
  }
}
