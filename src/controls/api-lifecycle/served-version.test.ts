import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { factsOf } from '../../facts/facts.ts';
import podSecurityPolicy from '../admission/pod-security-policy.ts';
import { clusterOf } from '../versions/examples.ts';
import servedVersion from './served-version.ts';

const cronJob = 'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: sync}\nspec: {schedule: "@daily"}\n';

describe('api-lifecycle/served-version', () => {
  it.each([
    ['v1.20.1', []],
    [
      'v1.22.1',
      [
        'info: CronJob sync is written in batch/v1beta1, which is deprecated since v1.21 and is not served from v1.25 on',
      ],
    ],
    [
      'v1.24.1',
      [
        'low: CronJob sync is written in batch/v1beta1, which is not served from v1.25 on: the cluster is v1.24, and the next version has it no more',
      ],
    ],
    [
      'v1.25.1',
      ['medium: CronJob sync is written in batch/v1beta1, which is not served from v1.25 on: the cluster is v1.25'],
    ],
  ])('weighs by distance: a cluster of %s', (version, expected) => {
    const found = judgeExample(servedVersion, `${clusterOf(version)}---\n${cronJob}`);
    expect(found.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(expected);
  });

  it.each([
    ['gone from all versions that get fixes', cronJob, 'low'],
    ['gone from the newest', 'apiVersion: networking.k8s.io/v1beta1\nkind: IPAddress\nmetadata: {name: a}\n', 'low'],
    ['deprecated', 'apiVersion: resource.k8s.io/v1beta2\nkind: ResourceClaim\nmetadata: {name: a}\n', 'info'],
    [
      'planned to go from a version that is not there yet',
      'apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\nmetadata: {name: a}\n',
      undefined,
    ],
  ])('weighs manifests by the versions that get fixes: %s', (_, text, severity) => {
    expect(judgeExample(servedVersion, text)[0]?.severity).toBe(severity);
  });

  it('leaves PodSecurityPolicy to the control that knows what it means', () => {
    const text =
      'apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\nspec: {privileged: false}\n';
    const ids = judgeText([servedVersion, podSecurityPolicy], text).findings.map(({ control }) => control.id);
    expect(ids).toEqual(['admission/pod-security-policy']);
  });

  it.each([
    ['a CronJob', cronJob, 'batch/v1'],
    ['a budget with a selector', budget('{matchLabels: {app: web}}'), 'policy/v1'],
    // It would select every pod from there on.
    ['a budget that selects nothing', budget('{}'), undefined],
    [
      'an Ingress',
      'apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: web}\nspec: {backend: {serviceName: web, servicePort: 80}}\n',
      undefined,
    ],
    [
      'a Deployment without defaults of its own',
      'apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {}}\n',
      undefined,
    ],
    [
      'a cluster that does not have the new version yet',
      `${clusterOf('v1.20.1')}---\napiVersion: scheduling.k8s.io/v1alpha1\nkind: PriorityClass\nmetadata: {name: a}\nvalue: 1\n`,
      undefined,
    ],
  ])('changes the version alone where nothing else changes: %s', (_, text, expected) => {
    const judgement = judgeText([servedVersion], text);
    const edits = judgement.findings.flatMap(({ failure, subject }) => {
      // Of an object, all that the subject has is the object.
      const { object, path, template } = subject;
      return servedVersion.fix?.edits({ object, path, template }, failure, factsOfText(text)) ?? [];
    });
    expect(edits).toEqual(expected === undefined ? [] : [{ op: 'set', path: ['apiVersion'], value: expected }]);
  });
});

describe('of live objects', () => {
  const live = (metadata: string): string => `${clusterOf('v1.24.1')}---
apiVersion: batch/v1
kind: CronJob
metadata: {name: sync, uid: 0c1a, ${metadata}}
spec: {schedule: "@daily"}
`;
  const entry = (manager: string, version: string, time = '2021-03-04T05:06:07Z'): string =>
    `{manager: ${manager}, operation: Update, apiVersion: ${version}, time: "${time}"}`;
  const applied = (version: string): string =>
    `annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"${version}","kind":"CronJob"}'}`;
  const gone = 'which is not served from v1.25 on: the cluster is v1.24, and the next version has it no more';

  it.each([
    [
      'who writes it, and when',
      `managedFields: [${entry('helm', 'batch/v1beta1')}]`,
      [`CronJob sync was written by helm on 2021-03-04 in batch/v1beta1, ${gone}`],
    ],
    ['what kubectl was given', applied('batch/v1beta1'), [`CronJob sync was last applied as batch/v1beta1, ${gone}`]],
    [
      'not what kubectl was given before others wrote it',
      `${applied('batch/v1beta1')}, managedFields: [${entry('helm', 'batch/v1')}]`,
      [],
    ],
    ['not what the cluster writes itself', `managedFields: [${entry('kube-controller-manager', 'batch/v1beta1')}]`, []],
    ['nothing where nothing shows', 'labels: {}', []],
  ])('tells %s', (_, metadata, expected) => {
    expect(judgeExample(servedVersion, live(metadata)).map(({ message }) => message)).toEqual(expected);
  });
});

function budget(selector: string): string {
  return `apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {maxUnavailable: 1, selector: ${selector}}\n`;
}

function factsOfText(text: string) {
  return factsOf(assembleSnapshot([decodeManifest(text, 'a.yaml')], '2026-11-21T00:00:00Z'));
}
