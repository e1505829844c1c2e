import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { judge } from '../engine/judge.ts';
import { controls } from './registry.ts';

const folders =
  /^(?:admission|gateways|ingresses|namespaces|reliability|secrets|service-accounts|services|storage|workloads)\//;
const chosen = controls.filter(({ id }) => folders.test(id));

const kinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['v1', 'Service'],
  ['v1', 'Secret'],
  ['v1', 'ConfigMap'],
  ['v1', 'Endpoints'],
  ['v1', 'PersistentVolume'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Namespace'],
  ['v1', 'Pod'],
  ['apps/v1', 'Deployment'],
  ['batch/v1', 'CronJob'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['discovery.k8s.io/v1', 'EndpointSlice'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['gateway.networking.k8s.io/v1', 'Gateway'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
  ['networking.istio.io/v1', 'Gateway'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1beta1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding'],
  ['apiregistration.k8s.io/v1', 'APIService'],
  ['constraints.gatekeeper.sh/v1beta1', 'K8sAllowedRepos'],
  ['security.openshift.io/v1', 'SecurityContextConstraints'],
  ['argoproj.io/v1alpha1', 'AppProject'],
  ['argoproj.io/v1alpha1', 'Workflow'],
];

// Words that controls look for, so that random objects reach past the first test.
const words = [
  ...[
    'type',
    'ports',
    'port',
    'targetPort',
    'protocol',
    'selector',
    'externalIPs',
    'externalName',
    'name',
    'namespace',
  ],
  ...['loadBalancerSourceRanges', 'rules', 'host', 'http', 'paths', 'backend', 'service', 'tls', 'hosts', 'listeners'],
  ...[
    'allowedRoutes',
    'namespaces',
    'from',
    'servers',
    'parentRefs',
    'filters',
    'backendRefs',
    'webhooks',
    'clientConfig',
  ],
  ...['url', 'caBundle', 'failurePolicy', 'timeoutSeconds', 'namespaceSelector', 'objectSelector', 'matchExpressions'],
  ...['matchLabels', 'key', 'operator', 'values', 'apiGroups', 'resources', 'operations', 'policyName', 'parameters'],
  ...['repos', 'group', 'kind', 'insecureSkipTLSVerify', 'hostPath', 'local', 'path', 'accessModes', 'endpoints'],
  ...['addresses', 'subsets', 'ip', 'destinations', 'sourceRepos', 'server', 'containers', 'env', 'value', 'args'],
  ...['volumes', 'projected', 'sources', 'serviceAccountToken', 'expirationSeconds', 'secret', 'defaultMode', 'items'],
  ...['template', 'replicas', 'strategy', 'scaleTargetRef', 'minReplicas', 'maxReplicas', 'maxUnavailable', 'toString'],
  ...['annotations', 'labels', 'ownerReferences', 'metadata', 'spec', '__proto__', 'constructor'],
];

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      443,
      1.5,
      '',
      '*',
      'LoadBalancer',
      'HTTP',
      'Ignore',
      'NotIn',
      'https://a',
    ),
    fc.string(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, fc.string()), tie('tree'), {
      maxKeys: 6,
    }),
  ),
}));

describe('any JSON at all', () => {
  it('makes no control of objects throw', () => {
    const fields = fc.dictionary(fc.constantFrom('spec', 'metadata', 'webhooks', 'data', 'endpoints', 'subsets'), tree);
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fields, ([apiVersion, kind], rest) => {
        const text = JSON.stringify({ ...rest, apiVersion, kind });
        const snapshot = assembleSnapshot([decodeManifest(text, 'x.json')], '2026-11-21T00:00:00Z');
        const { errors } = judge(snapshot, { controls: chosen, profiles: ['security', 'reliability'] });
        expect(errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });
});
