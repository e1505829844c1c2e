import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import { formatPath } from '../../model/path.ts';
import type { AnyControl } from '../control.ts';
import { mesh, namespace, peers, workload } from './examples.ts';
import istioBypass from './istio-bypass.ts';
import istioMtls from './istio-mtls.ts';
import linkerdBypass from './linkerd-bypass.ts';

const told = (text: string): readonly string[] => judgeExample(istioMtls, text).map(({ message }) => message);
const strict = peers('default', 'istio-system', 'mtls: {mode: STRICT}');

describe('mutual TLS of workloads', () => {
  it('is not asked of workloads outside of the mesh', () => {
    expect(told(mesh(workload(', annotations: {sidecar.istio.io/inject: "false"}')))).toEqual([]);
    expect(told(mesh(workload('', ', hostNetwork: true')))).toEqual([]);
    expect(told(mesh(workload().replaceAll('namespace: shop', 'namespace: bank')))).toEqual([]);
  });

  it('is told at the policy that counts, not at one that does not', () => {
    const texts = mesh(
      workload(),
      strict,
      peers('loose', 'shop', 'mtls: {mode: PERMISSIVE}'),
      peers('web', 'shop', 'selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}'),
    );
    expect(told(texts)).toEqual([]);
    expect(told(mesh(workload(), strict, peers('loose', 'shop', 'mtls: {mode: PERMISSIVE}')))).toEqual([
      'PeerAuthentication loose lets workloads take plain text, too: shop/web',
    ]);
  });

  const own = (what: string, takes = 'plain text, too') =>
    `PeerAuthentication default lets workloads ${what} take ${takes}; none of them was read`;
  it.each<[what: string, text: string, expected: readonly string[]]>([
    ['the mesh', peers('default', 'istio-system', 'mtls: {mode: PERMISSIVE}'), [own('of the mesh')]],
    [
      'a namespace that was not read',
      `${peers('default', 'shop', 'mtls: {mode: DISABLE}')}---\n${workload()}`,
      [own('of namespace shop', 'plain text only')],
    ],
    [
      'a port of workloads that were not read',
      peers('default', 'shop', 'selector: {matchLabels: {app: web}}, portLevelMtls: {8080: {mode: DISABLE}}'),
      [
        'PeerAuthentication default lets the workloads that it selects in namespace shop take plain text only on port 8080; none of them was read',
      ],
    ],
    [
      'nobody, in the root namespace with a selector',
      peers('default', 'istio-system', 'selector: {matchLabels: {a: b}}, mtls: {mode: DISABLE}'),
      [],
    ],
    ['nobody, being strict', strict, []],
    ['nobody, saying nothing', peers('default', 'shop', 'mtls: {mode: UNSET}'), []],
    ['nobody in a cluster that was read as a whole', mesh(peers('default', 'bank', 'mtls: {mode: DISABLE}')), []],
  ])('of a policy by itself is open for %s', (_, text, expected) => expect(told(text)).toEqual(expected));

  it('is open where policies may be elsewhere', () => {
    const config =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "{}"}\n';
    const text = [config, namespace('shop', 'istio-injection: enabled'), workload()].join('---\n');
    const { findings, undecided } = judgeText([istioMtls], text);
    expect(findings).toEqual([]);
    expect(undecided.map(({ reason }) => reason)).toEqual([
      'a PeerAuthentication that was not read may ask for mutual TLS',
    ]);
  });

  it('has the root namespace of the mesh configuration', () => {
    const root = mesh(workload(), peers('default', 'mesh-root', 'mtls: {mode: STRICT}'));
    expect(told(root)).toHaveLength(1);
    expect(told(root.replace('rootNamespace: istio-system', 'rootNamespace: mesh-root'))).toEqual([]);
  });

  it('takes ambient meshes, which have no DISABLE', () => {
    const ambient = mesh(workload(), peers('loose', 'shop', 'mtls: {mode: DISABLE}')).replace(
      'istio-injection: enabled',
      'istio.io/dataplane-mode: ambient',
    );
    expect(told(ambient)).toEqual(['PeerAuthentication loose lets workloads take plain text, too: shop/web']);
  });

  it('leaves gateways to their Gateway', () => {
    expect(told(mesh(workload().replace('name: app, image', 'name: istio-proxy, image')))).toEqual([]);
  });
});

/** The Deployment `web` as a cluster shows it: an older ReplicaSet, the present one, and two pods that run. */
function rolledOut(pods: { readonly metadata?: string; readonly spec?: string }, template = workload()): string {
  const owner = (kind: string, name: string, uid: string): string =>
    `ownerReferences: [{apiVersion: apps/v1, kind: ${kind}, name: ${name}, uid: ${uid}, controller: true}]`;
  const deployment = template.replace('name: web, namespace: shop', 'name: web, namespace: shop, uid: d');
  const replicaSet = (name: string, spec: string): string => `apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: ${name}, namespace: shop, uid: ${name}, ${owner('Deployment', 'web', 'd')}}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "registry.example/app:1.0"}]${spec}}}
`;
  const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: web}${pods.metadata ?? ''}, ${owner('ReplicaSet', 'web-2', 'web-2')}}
spec: {containers: [{name: app, image: "registry.example/app:1.0"}${pods.spec ?? ''}]}
status: {phase: Running}
`;
  const old = replicaSet('web-1', ', hostNetwork: true');
  return [old, replicaSet('web-2', ''), pod('web-2-a'), pod('web-2-b'), deployment].join('---\n');
}

const exclusion = 'traffic.sidecar.istio.io/excludeInboundPorts: "8080"';
const proxy = ', {name: istio-proxy, image: "registry.example/proxy:1.0"}';

describe('workloads whose pods run', () => {
  const told = (control: AnyControl, text: string) =>
    judgeText([control], text).findings.map(({ message, owner, places }) => [
      message,
      `${owner.kind} ${owner.name}`,
      ...places.map(({ object, path }) => `${object.kind} ${object.name} ${formatPath(path)}`),
    ]);
  const open = 'no PeerAuthentication asks for mutual TLS, so these workloads of the mesh take plain text, too:';
  const bypassed = 'Deployment web is asked into the mesh and is not in it:';
  const at = ['Deployment web', 'Deployment web spec.template.spec'];

  it.each<[string, AnyControl, string, string[][]]>([
    [
      'take plain text',
      istioMtls,
      mesh(rolledOut({ spec: proxy })),
      [[`${open} shop/web`, 'ConfigMap istio', 'ConfigMap istio ']],
    ],
    [
      'run without the proxy of Istio',
      istioBypass,
      mesh(strict, rolledOut({})),
      [[`${bypassed} it runs without the container istio-proxy`, ...at]],
    ],
    [
      'are kept out of Istio by their template',
      istioBypass,
      mesh(strict, rolledOut({}, workload('', ', hostNetwork: true'))),
      [[`${bypassed} it is on the network of its node`, ...at]],
    ],
    ['are in it, whatever an old ReplicaSet has', istioBypass, mesh(strict, rolledOut({ spec: proxy })), []],
    [
      'exclude a port that their template does not',
      istioBypass,
      mesh(strict, rolledOut({ spec: proxy, metadata: `, annotations: {${exclusion}}` })),
      [
        [
          'of Deployment web connections to port 8080 pass the proxy by',
          'Deployment web',
          'Pod web-2-a metadata.annotations["traffic.sidecar.istio.io/excludeInboundPorts"]',
        ],
      ],
    ],
    [
      'exclude a port as their template does',
      istioBypass,
      mesh(
        strict,
        rolledOut(
          { spec: proxy, metadata: `, annotations: {${exclusion}}` },
          workload(`, annotations: {${exclusion}}`),
        ),
      ),
      [
        [
          'of Deployment web connections to port 8080 pass the proxy by',
          'Deployment web',
          'Deployment web spec.template.metadata.annotations["traffic.sidecar.istio.io/excludeInboundPorts"]',
        ],
      ],
    ],
    [
      'run without the proxy of Linkerd',
      linkerdBypass,
      `${namespace('shop').replace('labels: {}', 'annotations: {linkerd.io/inject: enabled}')}---\n${rolledOut({})}`,
      [[`${bypassed} it runs without the container linkerd-proxy`, ...at]],
    ],
  ])('and %s are told once, as the Deployment', (_, control, text, expected) => {
    const found = told(control, text);
    expect(found).toEqual(expected);
    const reversed = text.split('---\n').reverse().join('---\n');
    expect(told(control, reversed).map(([message, owner]) => [message, owner])).toEqual(
      found.map(([message, owner]) => [message, owner]),
    );
  });
});
