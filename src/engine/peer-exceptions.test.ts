import { describe, expect, it } from 'vitest';
import peerChecks from '../../data/peer-checks.json' with { type: 'json' };
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { ExceptionBook } from './exceptions.ts';
import { peerExceptions } from './peer-exceptions.ts';

const now = new Date('2026-11-21T12:00:00Z');
const asked = new Set([
  ...['pods/privileged', 'pods/host-network', 'pods/allow-privilege-escalation'],
  ...['container-runtime/image-tag', 'container-runtime/run-as-non-root'],
]);

function manifest({ metadata = '', template = '' }: { metadata?: string; template?: string }): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop${metadata}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {name: x${template}}
    spec:
      hostNetwork: true
      containers:
        - {name: nginx, image: nginx, securityContext: {privileged: true}}
        - {name: proxy, image: "envoy:1", securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false}}
`;
}

function accepted(text: string): string[] {
  const { findings, snapshot } = judgeText(
    controls.filter(({ id }) => asked.has(id)),
    text,
  );
  const book = new ExceptionBook(
    peerExceptions(snapshot.objects),
    controls.map(({ id }) => id),
  );
  return findings
    .flatMap((finding) => {
      const exception = book.exceptionFor(finding, now);
      return exception === undefined ? [] : [`${finding.control.id}: ${exception.reason}`];
    })
    .toSorted();
}

describe('annotations of other scanners', () => {
  it.each([
    ['kube-linter', 'ignore-check.kube-linter.io/no-extensions-v1beta: later', 'extensions/v1beta1'],
    ['kube-score', 'kube-score/ignore: stable-version', 'apps/v1beta2'],
  ])('of %s let versions of the API pass that are gone', (_, annotation, version) => {
    const text = manifest({ metadata: `, annotations: {${annotation}}` }).replace('apps/v1', version);
    const chosen = controls.filter(({ id }) => id === 'api-lifecycle/served-version');
    const { findings, snapshot } = judgeText(chosen, text);
    const book = new ExceptionBook(
      peerExceptions(snapshot.objects),
      controls.map(({ id }) => id),
    );
    expect(findings.map((finding) => book.exceptionFor(finding, now)?.control)).toEqual([
      'api-lifecycle/served-version',
    ]);
  });

  it.each<[string, { metadata?: string; template?: string }, string[]]>([
    [
      'kube-linter',
      { metadata: ', annotations: {ignore-check.kube-linter.io/privileged-container: the CNI}' },
      ['pods/privileged: the CNI'],
    ],
    [
      'Checkov',
      { metadata: ', annotations: {checkov.io/skip1: "CKV_K8S_19=needs it", checkov.io/skip2: CKV_K8S_14}' },
      ['container-runtime/image-tag: ', 'pods/host-network: needs it'],
    ],
    [
      'Checkov on the template',
      { template: ', annotations: {checkov.io/skip1: CKV_K8S_19=so}' },
      ['pods/host-network: so'],
    ],
    [
      'kube-score',
      { metadata: ', annotations: {kube-score/ignore: "container-image-tag, pod-networkpolicy"}' },
      ['container-runtime/image-tag: '],
    ],
    [
      'Polaris',
      { metadata: ', annotations: {polaris.fairwinds.com/hostNetworkSet-exempt: "true"}' },
      ['pods/host-network: '],
    ],
    [
      'kubescape',
      { metadata: ', annotations: {kubescape.io/skip-controls: "C-0041, C-0057", kubescape.io/skip-reason: agreed}' },
      ['pods/host-network: agreed', 'pods/privileged: agreed'],
    ],
    [
      'kubeaudit',
      { template: ', labels: {kubeaudit.io/allow-namespace-host-network: cni}' },
      ['pods/host-network: cni'],
    ],
    [
      'kubeaudit, of a container',
      { template: ', labels: {container.kubeaudit.io/nginx.allow-privileged: x}' },
      ['pods/privileged: x'],
    ],
    ['Polaris that says no', { metadata: ', annotations: {polaris.fairwinds.com/hostNetworkSet-exempt: "false"}' }, []],
    [
      'kubescape after its end',
      {
        metadata:
          ', annotations: {kubescape.io/skip-controls: C-0041, kubescape.io/skip-expiry: "2026-01-31T00:00:00Z"}',
      },
      [],
    ],
    [
      'kubescape whose end is no time',
      { metadata: ', annotations: {kubescape.io/skip-controls: C-0041, kubescape.io/skip-expiry: soon}' },
      [],
    ],
    [
      'kubeaudit of another container',
      { template: ', labels: {container.kubeaudit.io/proxy.allow-privileged: x}' },
      [],
    ],
    ['a check that does not exist', { metadata: ', annotations: {kube-score/ignore: constructor}' }, []],
    ['a label for an annotation', { metadata: ', labels: {kube-score/ignore: container-image-tag}' }, []],
  ])('%s', (_, where, expected) => {
    expect(accepted(manifest(where))).toEqual(expected);
  });

  it.each([
    ['kube-linter', 'kube-linter.io/ignore-all: vendored'],
    ['kube-score', 'kube-score/skip: "true"'],
    ['Polaris', 'polaris.fairwinds.com/exempt: "true"'],
  ])('for everything that %s asks', (_, annotation) => {
    const found = accepted(manifest({ metadata: `, annotations: {${annotation}}` }));
    expect(found.join('\n')).toContain('pods/privileged: ');
    expect(found.join('\n')).toContain('container-runtime/image-tag: ');
  });

  it('of 256 KiB are read within a second', () => {
    const many = 'container-image-tag,'.repeat(13_000);
    const started = performance.now();
    const found = accepted(manifest({ metadata: `, annotations: {kube-score/ignore: "${many}"}` }));
    expect(performance.now() - started).toBeLessThan(2000);
    expect(found).toEqual(['container-runtime/image-tag: ']);
  });

  it('name controls that exist', () => {
    const ids = new Set(controls.map(({ id }) => id));
    const named = Object.values(peerChecks.checks).flatMap((checks) => Object.values(checks).flat());
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
  });
});
