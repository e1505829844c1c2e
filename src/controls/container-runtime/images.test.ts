import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { judge } from '../../engine/judge.ts';
import { defaultSettings, type Settings } from '../../model/settings.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { AnyControl } from '../control.ts';
import imageEolComponent from './image-eol-component.ts';
import imageRegistry from './image-registry.ts';
import imageSignature from './image-signature.ts';
import imageVulnerabilitiesExposed from './image-vulnerabilities-exposed.ts';
import memoryLimit from './memory-limit.ts';
import sandboxRuntimeClass from './sandbox-runtime-class.ts';
import { withImage } from './with-image.ts';

function verdicts(control: AnyControl, text: string): Partial<Record<Verdict['kind'] | 'error', number>> {
  const counts = judgeText([control], text).coverage.get(control);
  if (counts === undefined) throw new Error(`${control.id} was not judged`);
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function messages(control: AnyControl, text: string, settings: Partial<Settings>): string[] {
  const { snapshot } = judgeText([], text);
  const { findings } = judge(snapshot, { controls: [control], settings: { ...defaultSettings, ...settings } });
  return findings.map(({ message }) => message);
}

describe('image-registry', () => {
  const allowedRegistries = ['quay.io/team', 'registry.example'];

  it.each([
    ['quay.io/team/app:1', []],
    ['registry.example/any/app:1', []],
    ['quay.io/teammate/app:1', ['container app runs quay.io/teammate/app, which is in no allowed registry']],
    // trivy leaves out images without a slash: they are Docker Hub's.
    ['nginx:1', ['container app runs docker.io/library/nginx, which is in no allowed registry']],
    ['registry.example.evil/app:1', ['container app runs registry.example.evil/app, which is in no allowed registry']],
  ])('%s', (image, expected) => {
    expect(messages(imageRegistry, withImage(image), { allowedRegistries })).toEqual(expected);
  });

  it('is not asked where nobody has said which registries are allowed', () => {
    expect(verdicts(imageRegistry, withImage('nginx'))).toEqual({ 'not-applicable': 1 });
  });

  it('knows implicit Docker Hub by its name', () => {
    expect(messages(imageRegistry, withImage('nginx'), { allowedRegistries: ['docker.io'] })).toEqual([]);
  });
});

describe('sandbox-runtime-class', () => {
  const labelled = (fields: string) =>
    withImage('a:1', fields).replace('metadata:\n', 'metadata:\n  labels: { trust: none }\n');
  const pod = (runtimeClass: string) =>
    labelled('stdin: false').replace('spec:\n', `spec:\n  runtimeClassName: ${runtimeClass}\n`);
  const runtimeClass = (name: string, handler: string) =>
    `apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: { name: ${name} }\nhandler: ${handler}\n---\n`;

  it.each([
    ['trust=none', pod('gvisor'), []],
    [
      'trust',
      pod('plain'),
      ['label trust marks it as untrusted, and runtimeClassName plain is no sandbox that is known here'],
    ],
    ['trust=some', pod('plain'), []],
    ['trust', labelled('stdin: false'), ['label trust marks it as untrusted, and it has no runtimeClassName']],
    ['trust', runtimeClass('safe', 'runsc') + pod('safe'), []],
    [
      'trust',
      runtimeClass('gvisor', 'runc') + pod('gvisor'),
      ['label trust marks it as untrusted, and runtimeClassName gvisor is no sandbox that is known here'],
    ],
  ])('%s: case %#', (label, text, expected) => {
    expect(messages(sandboxRuntimeClass, text, { untrustedLabels: [label] })).toEqual(expected);
  });
});

describe('image-eol-component', () => {
  const at = (takenAt: string, image: string) => {
    const { snapshot } = judgeText([], withImage(image));
    return judge({ ...snapshot, takenAt }, { controls: [imageEolComponent] }).findings.map(
      ({ severity, message }) => `${severity}: ${message}`,
    );
  };

  it('judges by the day of the snapshot', () => {
    expect(at('2026-03-30T00:00:00Z', 'registry.k8s.io/ingress-nginx/controller:v1.15.1')).toEqual([]);
    expect(at('2025-11-03T00:00:00Z', 'quay.io/argoproj/argocd:v2.14.2')).toEqual([]);
    expect(at('2025-11-05T00:00:00Z', 'quay.io/argoproj/argocd:v2.14.2')).toEqual([
      'medium: container app runs quay.io/argoproj/argocd:v2.14.2: Argo CD 2.14 gets no fixes since 2025-11-04',
    ]);
  });

  it.each([
    [
      'grafana/grafana:8.5.27',
      ['medium: container app runs grafana/grafana:8.5.27: Grafana 8 gets no fixes since 2023-06-09'],
    ],
    [
      'grafana/grafana:5.0.0',
      ['medium: container app runs grafana/grafana:5.0.0: Grafana 6 gets no fixes since 2021-06-08'],
    ],
    [
      'registry.k8s.io/etcd:3.4.13-0',
      ['medium: container app runs registry.k8s.io/etcd:3.4.13-0: etcd 3.4 gets no fixes since 2026-06-01'],
    ],
    ['registry.k8s.io/etcd:3.6.4-0', []],
    [
      'quay.io/calico/node:v3.9.1',
      ['medium: container app runs quay.io/calico/node:v3.9.1: Calico 3.25 gets no fixes since 2023-12-15'],
    ],
    ['team/grafana:5.0.0', []],
  ])('%s', (image, expected) => {
    expect(at('2026-11-21T00:00:00Z', image)).toEqual(expected);
  });

  it('cannot tell the version of latest', () => {
    expect(verdicts(imageEolComponent, withImage('grafana/grafana:latest'))).toEqual({ unknown: 1 });
  });
});

describe('image-vulnerabilities-exposed', () => {
  const report = `apiVersion: aquasecurity.github.io/v1alpha1
kind: VulnerabilityReport
metadata: { name: r, namespace: other }
report:
  registry: { server: index.docker.io }
  artifact: { repository: library/nginx, tag: "1.16", digest: sha256:${'0a'.repeat(32)} }
  summary: { criticalCount: 4 }
  vulnerabilities:
    - { vulnerabilityID: CVE-2022-0002, severity: CRITICAL }
    - { vulnerabilityID: CVE-2022-0001, severity: CRITICAL }
    - { vulnerabilityID: CVE-2022-0001, severity: CRITICAL }
    - { vulnerabilityID: CVE-2022-0009, severity: HIGH }
---
`;
  const pod = (image: string) =>
    withImage(image).replace('metadata:\n', 'metadata:\n  labels: { app: shop, tier: web }\n');
  const service = (spec: string, namespace = 'shop') =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: ${namespace} }\nspec: ${spec}\n---\n`;
  const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec: { rules: [{ http: { paths: [{ backend: { service: { name: web } } }] } }] }
---
`;
  const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: edge }
spec: { rules: [{ backendRefs: [{ name: web, namespace: shop }] }] }
---
`;
  const selects = 'selector: { app: shop }';
  const exposed = (how: string) => [
    `container app has 4 critical vulnerabilities (CVE-2022-0001, CVE-2022-0002) and is exposed by ${how}`,
  ];

  it.each([
    ['LoadBalancer', service(`{ type: LoadBalancer, ${selects} }`), exposed('Service web of type LoadBalancer')],
    ['external address', service(`{ ${selects}, externalIPs: [192.0.2.1] }`), exposed('externalIPs of Service web')],
    ['Ingress', ingress + service(`{ ${selects} }`), exposed('Ingress shop')],
    ['Gateway route', route + service(`{ ${selects} }`), exposed('HTTPRoute shop')],
    ['no way in', service(`{ ${selects} }`), []],
    ['other namespace', service(`{ type: NodePort, ${selects} }`, 'other'), []],
    ['other pods', service('{ type: NodePort, selector: { app: shop, tier: db } }'), []],
    ['no selector', service('{ type: NodePort }'), []],
  ])('%s', (_, objects, expected) => {
    expect(messages(imageVulnerabilitiesExposed, report + objects + pod('nginx:1.16'), {})).toEqual(expected);
    const byDigest = pod(`nginx:other@sha256:${'0a'.repeat(32)}`);
    expect(messages(imageVulnerabilitiesExposed, report + objects + byDigest, {})).toEqual(expected);
  });

  it('never takes missing results for good ones', () => {
    expect(verdicts(imageVulnerabilitiesExposed, pod('nginx:1.16'))).toEqual({ unknown: 1 });
    expect(verdicts(imageVulnerabilitiesExposed, report + pod('nginx:1.17'))).toEqual({ unknown: 1 });
  });
});

describe('image-signature', () => {
  const signed = imageSignature.examples.pass[0] ?? '';

  it.each([
    ['as it stands', (text: string) => text, 'pass'],
    ['audit only', (text: string) => text.replace('Enforce', 'Audit'), 'manual'],
    [
      'not required',
      (text: string) => text.replace('failureAction: Enforce', 'failureAction: Enforce\n          required: false'),
      'manual',
    ],
    ['without keys', (text: string) => text.replace(/attestors: .*/, 'attestors: []'), 'manual'],
    ['other images', (text: string) => text.replace('["*"]', '["ghcr.io/*"]'), 'manual'],
    ['these images', (text: string) => text.replace('["*"]', '["quay.io/team/*"]'), 'pass'],
    [
      'with exceptions',
      (text: string) => text.replace('verifyImages:', 'exclude: { any: [] }\n      verifyImages:'),
      'manual',
    ],
    ['some namespaces', (text: string) => text.replace('kinds: [Pod]', 'kinds: [Pod], namespaces: [shop]'), 'manual'],
    ['left-out namespace', (text: string) => text.replace('namespace: shop', 'namespace: kube-system'), 'manual'],
  ])('Kyverno %s', (_, change, expected) => {
    expect(verdicts(imageSignature, change(signed))).toEqual({ [expected]: 1 });
  });

  const clusterImagePolicy = (spec: string, label: string) => `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: { name: signed }
spec: ${spec}
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { policy.sigstore.dev/include: ${label} } }
---
${withImage('quay.io/team/app:1')}`;

  it.each([
    ['{ images: [{ glob: "**" }], authorities: [{ key: {} }] }', '"true"', 'pass'],
    ['{ images: [{ glob: "quay.io/team/**" }], authorities: [{ key: {} }] }', '"true"', 'pass'],
    ['{ images: [{ glob: "quay.io/*" }], authorities: [{ key: {} }] }', '"true"', 'manual'],
    ['{ images: [{ glob: "**" }], authorities: [{ key: {} }] }', '"false"', 'manual'],
    ['{ mode: warn, images: [{ glob: "**" }], authorities: [{ key: {} }] }', '"true"', 'manual'],
    ['{ images: [{ glob: "**" }], authorities: [{ static: { action: pass } }] }', '"true"', 'manual'],
  ])('sigstore %s in a namespace labelled %s', (spec, label, expected) => {
    expect(verdicts(imageSignature, clusterImagePolicy(spec, label))).toEqual({ [expected]: 1 });
  });

  it('takes hostile wildcards in its stride', () => {
    const text = signed.replace('["*"]', `["${'*a'.repeat(2000)}"]`);
    const started = performance.now();
    expect(verdicts(imageSignature, text)).toEqual({ manual: 1 });
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('memory-limit and LimitRanges', () => {
  const range = (limit: string, namespace = 'shop') =>
    `apiVersion: v1\nkind: LimitRange\nmetadata: { name: l, namespace: ${namespace} }\nspec: { limits: [${limit}] }\n---\n`;
  const bare = withImage('a:1');

  it.each([
    ['default', range('{ type: Container, default: { memory: 1Gi } }') + bare, 'pass'],
    ['max, which becomes the default', range('{ type: Container, max: { memory: 1Gi } }') + bare, 'pass'],
    ['request only', range('{ type: Container, defaultRequest: { memory: 1Gi } }') + bare, 'fail'],
    ['of pods', range('{ type: Pod, max: { memory: 1Gi } }') + bare, 'fail'],
    ['other resource', range('{ type: Container, default: { cpu: 1 } }') + bare, 'fail'],
    ['other namespace', range('{ type: Container, default: { memory: 1Gi } }', 'other') + bare, 'fail'],
    [
      'pod that was let in without',
      range('{ type: Container, default: { memory: 1Gi } }') +
        bare.replace('name: example', 'name: example\n  uid: 1-2'),
      'fail',
    ],
    [
      'namespace not known',
      range('{ type: Container, default: { memory: 1Gi } }') + bare.replace('  namespace: shop\n', ''),
      'fail',
    ],
    [
      'zero, which is not filled in',
      range('{ type: Container, default: { memory: 1Gi } }') + withImage('a:1', 'resources: { limits: { memory: 0 } }'),
      'fail',
    ],
  ])('%s', (_, text, expected) => {
    expect(verdicts(memoryLimit, text)).toEqual({ [expected]: 1 });
  });
});
