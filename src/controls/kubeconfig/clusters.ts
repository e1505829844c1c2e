import type { KubeconfigCluster } from '../../model/kubeconfig.ts';
import { namesSameHost } from '../../semantics/certificates/address.ts';
import { pemBlocks } from '../../semantics/certificates/pem-blocks.ts';
import { type ServerAddress, serverAddress } from '../../semantics/kubeconfig/server.ts';
import { isLoopback } from '../../semantics/node/listen-address.ts';
import { onNode } from './example-kubeconfig.ts';
import {
  contextsByCluster,
  type KubeconfigQuestion,
  kubeconfigControls,
  quoted,
  usersByName,
  type Wrong,
} from './kubeconfig-control.ts';

const trusted = onNode({});
const https = 'https://192.0.2.2:6443';

export default kubeconfigControls([
  {
    name: 'plain-http',
    title: 'Kubeconfigs reach the API server over TLS',
    severity: 'critical',
    why: 'Without TLS the token goes over the network in clear, and whoever sits on the way answers in the API server’s name.',
    remedy: 'write the server with https:// and its certificate authority',
    wrong: eachCluster(({ cluster, address }) => {
      if (address?.scheme !== 'http') return undefined;
      const says = `${quoted('cluster', cluster.name)} is reached without TLS, at ${shown(cluster)}`;
      return { says, field: 'server', ...(isLoopback(address.host) && { severity: 'high' }) };
    }),
    examples: {
      fail: [
        onNode({ cluster: "{server: 'http://192.0.2.2:8080'}" }),
        onNode({ cluster: '{server: api.example:8080}' }),
      ],
      pass: [trusted],
    },
  },
  {
    name: 'tls-verification',
    title: 'Kubeconfigs verify the API server’s certificate',
    severity: 'critical',
    why: 'A client that verifies nothing gives its token to whoever answers, and acts on what he says.',
    remedy: 'remove insecure-skip-tls-verify, and set certificate-authority-data to the cluster’s CA',
    wrong: eachCluster(({ cluster, address }) => {
      // client-go refuses it beside a CA: then nothing is sent.
      if (!cluster.insecureSkipTlsVerify || cluster.authority !== undefined) return undefined;
      const says = `${quoted('cluster', cluster.name)} skips the verification of ${shown(cluster)}`;
      const isLocal = address !== undefined && isLoopback(address.host);
      return { says, field: 'insecure-skip-tls-verify', ...(isLocal && { severity: 'medium' }) };
    }),
    examples: { fail: [onNode({ cluster: `{server: '${https}', insecure-skip-tls-verify: true}` })], pass: [trusted] },
  },
  {
    name: 'authority',
    title: 'Kubeconfigs name the authority of their API server',
    severity: 'low',
    why: 'Without a CA of its own a cluster is believed on the word of any of the hundred public authorities that the system trusts.',
    remedy: 'set certificate-authority-data to the cluster’s CA, unless its server has a public certificate on purpose',
    wrong: eachCluster(({ cluster, address, resolve }) => {
      if (address?.scheme !== 'https' || cluster.insecureSkipTlsVerify) return undefined;
      const { authority } = cluster;
      const named = quoted('cluster', cluster.name);
      if (authority === undefined) {
        return {
          says: `${named} names no certificate authority: the system’s are trusted for ${shown(cluster)}`,
          field: 'server',
        };
      }
      const roots = authority.data === undefined ? resolve(authority.path ?? '')?.text : authority.data;
      if (roots === undefined) return undefined;
      const count = pemBlocks(roots).length;
      const field = String(authority.at.at(-1));
      if (count === 0) return { says: `${named} trusts nobody: its certificate authority holds no certificate`, field };
      if (count === 1) return undefined;
      return {
        says: `${named} trusts ${count} certificate authorities: each of them can stand in for the API server`,
        field,
      };
    }),
    examples: { fail: [onNode({ cluster: `{server: '${https}'}` })], pass: [trusted] },
  },
  {
    name: 'tls-server-name',
    title: 'Kubeconfigs expect the certificate of the server that they name',
    severity: 'low',
    why: 'With another name expected, whoever has a certificate of that name can answer in the server’s stead.',
    remedy: 'add the server’s name to its certificate, and remove tls-server-name',
    wrong: eachCluster(({ cluster, address }) => {
      if (cluster.tlsServerName === '' || address === undefined) return undefined;
      if (namesSameHost(cluster.tlsServerName, address.host)) return undefined;
      const says = `${quoted('cluster', cluster.name)} expects the certificate of ${cluster.tlsServerName} from ${shown(cluster)}`;
      return { says, field: 'tls-server-name', ...(isLoopback(address.host) && { severity: 'info' }) };
    }),
    examples: {
      fail: [
        onNode({ cluster: `{server: '${https}', tls-server-name: other.example, certificate-authority: /ca.crt}` }),
      ],
      pass: [trusted],
    },
  },
  {
    name: 'proxy',
    title: 'Kubeconfigs use no proxy in clear and hold none of its passwords',
    severity: 'medium',
    why: 'A proxy sees which clusters are used and when, and one without TLS tells the network; a password in its URL lies in the file.',
    remedy: 'reach the proxy over https, without a password in its URL',
    wrong: eachCluster(({ cluster }) => {
      if (cluster.proxyUrl === '' || !URL.canParse(cluster.proxyUrl)) return undefined;
      const url = new URL(cluster.proxyUrl);
      const named = quoted('cluster', cluster.name);
      if (url.password !== '') {
        return { says: `${named} has a password in its proxy’s URL`, field: 'proxy-url', severity: 'high' };
      }
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (url.protocol === 'https:' || isLoopback(host)) return undefined;
      return {
        says: `${named} goes through ${url.protocol}//${url.host}, to which nothing is encrypted`,
        field: 'proxy-url',
      };
    }),
    examples: {
      fail: [
        onNode({
          cluster: `{server: '${https}', proxy-url: 'socks5://192.0.2.9:1080', certificate-authority: /ca.crt}`,
        }),
      ],
      pass: [
        trusted,
        onNode({
          cluster: `{server: '${https}', proxy-url: 'socks5://localhost:1080', certificate-authority: /ca.crt}`,
        }),
      ],
    },
  },
  {
    name: 'any-address',
    title: 'Kubeconfigs name their server by an address of its own',
    severity: 'low',
    why: 'A connection to 0.0.0.0 goes to whatever listens on this machine: another server than the one that was meant can be there.',
    remedy: 'write 127.0.0.1, or the name of the server',
    wrong: eachCluster(({ cluster, address }) =>
      address?.host === '0.0.0.0' || address?.host === '::'
        ? {
            says: `${quoted('cluster', cluster.name)} is reached at ${address.host}, which is no server’s address`,
            field: 'server',
          }
        : undefined,
    ),
    examples: {
      fail: [onNode({ cluster: "{server: 'https://0.0.0.0:6443', certificate-authority: /ca.crt}" })],
      pass: [trusted],
    },
  },
]);

interface ClusterQuestion {
  readonly cluster: KubeconfigCluster;
  readonly address: ServerAddress | undefined;
  readonly resolve: (path: string) => { readonly text?: string } | undefined;
}

type ClusterWrong = Omit<Wrong, 'at' | 'of'> & { readonly field: string };

function eachCluster(
  ask: (question: ClusterQuestion) => ClusterWrong | undefined,
): (question: KubeconfigQuestion) => readonly Wrong[] {
  return ({ kubeconfig }) => {
    const contexts = contextsByCluster(kubeconfig);
    const users = usersByName(kubeconfig);
    const found: Wrong[] = [];
    for (const cluster of kubeconfig.clusters) {
      const user = users.get(contexts.get(cluster.name)?.[0]?.user ?? '');
      const address = serverAddress(cluster, user);
      const wrong = ask({ cluster, address, resolve: (path) => kubeconfig.resolve(path).file });
      if (wrong === undefined) continue;
      const { field, ...rest } = wrong;
      found.push({ ...rest, at: [...cluster.at, field], of: cluster.name });
    }
    return found;
  };
}

/** The server as it is written, without what may be a password in it. */
function shown({ server }: KubeconfigCluster): string {
  return server.replace(/\/\/[^/@]*@/, '//');
}
