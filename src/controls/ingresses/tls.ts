import { entriesOf } from '../../facts/routes.ts';
import { own } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { annotated, ingress, rule } from './examples.ts';
import { type Ingress, ingressControl } from './ingress-control.ts';

export default ingressControl({
  id: 'ingresses/tls',
  title: 'Every host of an Ingress is served by TLS alone',
  severity: 'medium',
  why: 'What is sent without TLS, passwords and session cookies among it, can be read and changed by everybody on the way.',
  remedy:
    'Name the host under spec.tls with a Secret that holds its certificate; cert-manager makes and renews them. Leave the redirect to HTTPS on.',
  judge: (ingress) => {
    const redirect = plainAllowed(ingress);
    const open = withoutTls(ingress);
    if (open.length > 0) return open;
    return redirect === undefined ? pass : redirect;
  },
  examples: {
    fail: [
      ingress(`rules: [${rule('web.example.com')}]`),
      ingress(`tls: [{hosts: [shop.example.com]}], rules: [${rule('web.example.com')}]`),
      ingress('defaultBackend: {service: {name: web, port: {number: 80}}}'),
      annotated('nginx.ingress.kubernetes.io/ssl-redirect: "false"'),
    ],
    pass: [
      annotated(''),
      ingress(`tls: [{hosts: ["*.example.com"], secretName: web}], rules: [${rule('web.example.com')}]`),
      ingress(`tls: [{secretName: web}], rules: [${rule('web.example.com')}]`),
      ingress(`rules: [${rule('web.example.com')}]`, 'alb.ingress.kubernetes.io/certificate-arn: "arn:example"'),
      ingress(`rules: [${rule('a.example')}]`, 'traefik.ingress.kubernetes.io/router.tls: "true"'),
      ingress(`ingressClassName: tailscale, rules: [${rule('web.example.com')}]`),
    ],
  },
});

/** Annotations by which TLS is ended in front of, or by, the controller without spec.tls. Source: their documentation. */
const elsewhere: readonly (readonly [key: string, value: RegExp])[] = [
  ['alb.ingress.kubernetes.io/certificate-arn', /./],
  ['alb.ingress.kubernetes.io/listen-ports', /HTTPS/],
  ['networking.gke.io/managed-certificates', /./],
  ['networking.gke.io/certmap', /./],
  ['ingress.gcp.kubernetes.io/pre-shared-cert', /./],
  ['appgw.ingress.kubernetes.io/appgw-ssl-certificate', /./],
  ['traefik.ingress.kubernetes.io/router.tls', /^true$/],
  ['traefik.ingress.kubernetes.io/router.entrypoints', /^websecure$/],
  ['nginx.ingress.kubernetes.io/ssl-passthrough', /^true$/],
  ['route.openshift.io/termination', /./],
  ['haproxy.org/ssl-passthrough', /^true$/],
];

function endsElsewhere({ spec, annotations }: Ingress): boolean {
  if (own(spec, 'ingressClassName') === 'tailscale') return true;
  return elsewhere.some(([key, value]) => value.test(annotations.get(key) ?? ''));
}

function withoutTls(ingress: Ingress): readonly Failure[] {
  const { object, spec } = ingress;
  if (endsElsewhere(ingress)) return [];
  const covered = new Set<string>();
  let isAnyTls = false;
  for (const [, each] of entriesOf(own(spec, 'tls'))) {
    const hosts = stringsIn(own(each, 'hosts'));
    // An entry without hosts serves the certificate for every host that the Ingress has.
    if (hosts.length === 0) return [];
    isAnyTls = true;
    for (const host of hosts) covered.add(host.toLowerCase());
  }
  if (!isAnyTls) return [fail(`Ingress ${object.name} ends no TLS`, ['spec', 'tls'])];
  const missing = new Set<string>();
  for (const [, each] of entriesOf(own(spec, 'rules'))) {
    const host = own(each, 'host');
    if (typeof host === 'string' && host !== '' && !isCovered(host.toLowerCase(), covered)) missing.add(host);
  }
  return [...missing].map((host) => fail(`host ${host} is not among those with TLS`, ['spec', 'tls'], { key: host }));
}

function isCovered(host: string, covered: ReadonlySet<string>): boolean {
  return covered.has(host) || covered.has(host.replace(/^[^.]+/, '*'));
}

/** With TLS, ingress-nginx redirects what comes without it unless it is told not to. */
function plainAllowed({ annotations }: Ingress): Failure | undefined {
  const [redirect, force] = ['ssl-redirect', 'force-ssl-redirect'].map((name) => `nginx.ingress.kubernetes.io/${name}`);
  if (redirect === undefined || force === undefined) return undefined;
  if (annotations.get(redirect) !== 'false' || annotations.get(force) === 'true') return undefined;
  return fail('its hosts are served without TLS, too: ssl-redirect is false', ['metadata', 'annotations', redirect], {
    severity: 'low',
  });
}
