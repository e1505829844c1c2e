import { X509Certificate } from 'node:crypto';
import { stringify } from 'yaml';
import { webhookPath } from './receiver.ts';

export interface WebhookConfigOptions {
  /** Where API servers reach the receiver: `https://HOST:PORT`; from the certificate where undefined. */
  readonly url: string | undefined;
  readonly port: number;
  /** PEM: the receiver's certificate with its chain. */
  readonly certificate: string;
  /** PEM: whom API servers shall trust; the last certificate of the chain where undefined. */
  readonly authority: string | undefined;
  readonly clients: 'certificate' | 'certificate-or-token' | 'token';
}

/** On the control plane nodes, where the API server's container can read it. */
const folder = '/etc/kubernetes/audit-webhook';

/**
 * The kubeconfig for `--audit-webhook-config-file`, with how to use it. It names files of the API server's node for
 * the credentials, and holds none.
 */
export function webhookConfig(options: WebhookConfigOptions): string {
  const { certificate, authority, clients } = options;
  const url = options.url ?? `https://${hostIn(certificate)}:${options.port}`;
  const ca = authority ?? lastOf(certificate);
  const user =
    clients === 'token'
      ? { tokenFile: `${folder}/token` }
      : { 'client-certificate': `${folder}/client.crt`, 'client-key': `${folder}/client.key` };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'bulwark',
        cluster: {
          server: `${url.replace(/\/+$/, '')}${webhookPath}`,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'kube-apiserver', user }],
    contexts: [{ name: 'bulwark', context: { cluster: 'bulwark', user: 'kube-apiserver' } }],
    'current-context': 'bulwark',
  };
  return `${comment(clients)}${stringify(config, { lineWidth: 0 })}`;
}

function comment(clients: WebhookConfigOptions['clients']): string {
  const credentials = clients === 'token' ? `${folder}/token` : `${folder}/client.crt and client.key`;
  return [
    `Save as ${folder}/config.yaml on every control plane node, readable by root only,`,
    `with ${credentials} beside it, and mount the folder into the API server's pod. Then add to its flags:`,
    `  --audit-webhook-config-file=${folder}/config.yaml`,
    '  --audit-webhook-batch-max-wait=1s',
    'and an audit policy (--audit-policy-file): without one the backend is sent nothing.',
  ]
    .map((line) => `# ${line}\n`)
    .join('');
}

function hostIn(pem: string): string {
  const { subjectAltName = '' } = new X509Certificate(pem);
  const names = subjectAltName.split(', ').map((name) => /^(DNS|IP Address):(.+)$/.exec(name));
  const name = names.find((match) => match !== null && !match[2]?.startsWith('*'));
  if (name === null || name === undefined) return 'HOST';
  const [, type, value = 'HOST'] = name;
  return type === 'IP Address' && value.includes(':') ? `[${value}]` : value;
}

function lastOf(pem: string): string {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return `${certificates.at(-1) ?? pem}\n`;
}
