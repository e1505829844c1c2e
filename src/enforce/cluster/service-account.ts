import { readFile } from 'node:fs/promises';
import https from 'node:https';
import type { Connection } from '../../collect/cluster/connect.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether this is a pod with an API server to ask, by what the kubelet puts into its environment. */
export function isPod(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}

/**
 * The API server as the service account of this pod. Called again now and then, since the token in the file is
 * renewed before it ends. Lean, where the kubeconfig of a user needs a library: a server has to be small.
 */
export async function serviceAccountConnection(
  env: Readonly<Record<string, string | undefined>>,
  before?: Connection,
): Promise<Connection> {
  const [token, ca] = await Promise.all([readFile(`${folder}/token`, 'utf8'), readFile(`${folder}/ca.crt`, 'utf8')]);
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    agent: before?.agent ?? new https.Agent({ keepAlive: true, maxSockets: 32, ca }),
    headers: { Authorization: `Bearer ${token.trim()}` },
  };
}
