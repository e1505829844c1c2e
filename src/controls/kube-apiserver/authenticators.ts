import type { NodeComponent } from '../../model/node-component.ts';
import { pass, unknown, type Verdict } from '../../model/verdict.ts';
import { settingFailure } from '../setting-control.ts';
import { apiServer, isSet, listOf, serverControls, settingOf, textOf } from './server-control.ts';

const oidcFlags = ['--oidc-issuer-url=https://id.example.com', '--oidc-client-id=kubernetes'];

/**
 * Which ways of identifying oneself there are at all, and whether people have one that fits them. Sources: CIS
 * Kubernetes Benchmark 1.12, 3.1.1 to 3.1.3.
 */
export default serverControls([
  {
    name: 'authenticators',
    title: 'People can log in otherwise than with the tokens of service accounts',
    severity: 'medium',
    why: 'Service account and bootstrap tokens are for programs: they name no person, and a person who uses one leaves no trace of who it was. LDAP is never an authenticator by itself: it stands behind OIDC, a webhook or an authenticating proxy.',
    remedy: 'Configure OIDC (--authentication-config or --oidc-issuer-url), or an authenticating proxy.',
    check: (server) => {
      const known = authenticators(server);
      if (known === undefined) return unknown('the file of --authentication-config could not be read');
      const { people, programs } = known;
      if (people.length === 0) {
        const says = `people can only use what is for programs: ${programs.join(', ')}`;
        return settingFailure(server, settingOf(server, 'client-ca-file'), { says });
      }
      const reason = `it identifies users by ${[...people, ...programs].join(', ')}; whether people use the tokens of service accounts shows only in use`;
      return { kind: 'manual', reason };
    },
    examples: {
      fail: [apiServer(), apiServer('--token-auth-file=/etc/kubernetes/tokens.csv')],
      pass: [apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt'), apiServer(...oidcFlags)],
    },
  },
  {
    name: 'user-certificates',
    title: 'People have another way to log in than client certificates',
    severity: 'low',
    why: 'A client certificate cannot be revoked before it expires, nor its groups changed: who leaves keeps the access until then, or until the CA is replaced.',
    remedy: 'Configure OIDC or a token webhook for people, and leave client certificates to the components.',
    coveredBy: ['kube-apiserver/authenticators'],
    check: (server) => {
      if (textOf(server, 'client-ca-file') === '') return pass;
      const known = authenticators(server);
      if (known === undefined) return unknown('the file of --authentication-config could not be read');
      const others = known.people.filter(
        (name) => name !== certificates && !name.startsWith('an authenticating proxy'),
      );
      if (others.length === 0) {
        const says = 'certificates of this CA are the only way for people to log in, and cannot be revoked';
        return settingFailure(server, settingOf(server, 'client-ca-file'), { says });
      }
      return peopleMayStill(others);
    },
    examples: {
      fail: [
        apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt'),
        apiServer(
          '--client-ca-file=/etc/kubernetes/pki/ca.crt',
          '--requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt',
        ),
      ],
      pass: [apiServer(), apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt', ...oidcFlags)],
    },
  },
  {
    name: 'bootstrap-tokens',
    title: 'The API server takes bootstrap tokens only where nodes join with them',
    severity: 'low',
    why: 'Bootstrap tokens are for nodes that join. One that is left over lets its holder ask for the certificate of a node.',
    remedy: 'Remove --enable-bootstrap-token-auth where no node joins with a token.',
    coveredBy: ['kube-apiserver/client-ca-file'],
    check: (server) => {
      if (server.config.get('enable-bootstrap-token-auth')?.value !== true) return pass;
      if (textOf(server, 'client-ca-file') === '') {
        const says = 'nodes that join with a token get a certificate that this server does not accept';
        return settingFailure(server, settingOf(server, 'enable-bootstrap-token-auth'), { says });
      }
      const reason =
        'bootstrap tokens are accepted: which there are, and until when, show the Secrets of type bootstrap.kubernetes.io/token in kube-system';
      return { kind: 'manual', reason };
    },
    examples: {
      fail: [apiServer('--enable-bootstrap-token-auth')],
      pass: [apiServer(), apiServer('--enable-bootstrap-token-auth', '--client-ca-file=/etc/kubernetes/pki/ca.crt')],
    },
  },
]);

const certificates = 'client certificates';

/** The authenticators that are on, in words; undefined where the file that says it could not be read. */
function authenticators(server: NodeComponent): { people: string[]; programs: string[] } | undefined {
  const issuers = server.config.get('oidc-issuers');
  if (issuers?.value === null) return undefined;
  const people: string[] = [];
  if (isSet(server, 'client-ca-file')) people.push(certificates);
  const urls = listOf(server, 'oidc-issuers');
  if (urls.length > 0) people.push(`OIDC (${urls.join(', ')})`);
  if (isSet(server, 'authentication-token-webhook-config-file')) people.push('a token webhook');
  if (isSet(server, 'requestheader-client-ca-file')) people.push('an authenticating proxy (request headers)');
  const programs: string[] = [];
  if (isSet(server, 'token-auth-file')) programs.push('static tokens');
  if (isSet(server, 'basic-auth-file')) programs.push('static passwords');
  if (server.config.get('enable-bootstrap-token-auth')?.value === true) programs.push('bootstrap tokens');
  programs.push('service account tokens');
  return { people, programs };
}

function peopleMayStill(others: readonly string[]): Verdict {
  const reason = `people can log in by ${others.join(', ')}; whether some still use certificates show the kubeconfigs and certificate signing requests`;
  return { kind: 'manual', reason };
}
