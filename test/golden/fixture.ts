import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { type AnyControl, control } from '../../src/controls/control.ts';
import { inContainer, inPod } from '../../src/controls/examples.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';
import { edit } from '../../src/model/edit.ts';
import type { KubeObject, Snapshot } from '../../src/model/snapshot.ts';
import { fail, notApplicable, pass, unknown } from '../../src/model/verdict.ts';

/*
 * A small scan in which every part of a report has something to say. Its controls are its own, so that the goldens
 * do not change with the wording of real ones.
 */

const privileged = control({
  id: 'example/privileged',
  title: 'Containers do not run privileged',
  severity: 'critical',
  subject: 'container',
  why: 'A privileged container has every capability and every device of its node: whoever is in it owns the node.',
  remedy: 'Remove privileged, and give the container the one capability that it needs instead',
  check: ({ container }) =>
    container.securityContext.privileged === true
      ? fail(`container ${container.name} sets privileged: true`, container.at('securityContext', 'privileged'))
      : pass,
  fix: {
    safety: 'may-break',
    edits: ({ container }) => [edit.set(container.at('securityContext', 'privileged'), false)],
  },
  examples: {
    fail: [inContainer('securityContext: { privileged: true }'), inContainer('securityContext: { privileged: yes }')],
    pass: [inContainer('securityContext: { privileged: false }')],
  },
});

const hostPid = control({
  id: 'example/host-pid',
  title: 'Pods do not share the process namespace of their node',
  severity: 'high',
  subject: 'pod',
  why: 'A container in the host process namespace sees every process of the node.',
  coveredBy: ['example/none'],
  check: ({ pod }) => (pod.hostPID ? fail('the pod sets hostPID: true', pod.at('hostPID')) : pass),
  fix: { safety: 'safe', edits: ({ pod }) => [edit.remove(pod.at('hostPID'))] },
  examples: { fail: [inPod('hostPID: true')], pass: [inPod('hostPID: false')] },
});

const mutableTag = control({
  id: 'example/mutable-tag',
  title: 'Images are named by a tag that does not move',
  severity: 'low',
  subject: 'container',
  why: 'What runs tomorrow should be what was tested today.',
  check: ({ container }) => {
    if (container.image === undefined) return notApplicable('the container names no image');
    if (!container.image.endsWith(':latest')) return pass;
    return fail(`container ${container.name} runs ${container.image}`, container.at('image'));
  },
  examples: { fail: [inContainer('image: app:latest')], pass: [inContainer('image: app:1')] },
});

const imageUser = control({
  id: 'example/image-user',
  title: 'Images name a user',
  severity: 'medium',
  subject: 'container',
  why: 'Without one the container runs as root.',
  check: () => unknown('the image was not read'),
  examples: { fail: [], pass: [] },
});

const named = control({
  id: 'example/named',
  title: 'Objects have a name',
  severity: 'medium',
  subject: 'object',
  why: 'Nobody can ask for an object without one.',
  check: ({ object }) => {
    if (object.kind === 'Service') throw new TypeError('no such port');
    return object.name === '' ? fail(`the ${object.kind} has no name`, ['metadata']) : notApplicable('it has one');
  },
  examples: { fail: [], pass: [] },
});

export const fixtureControls: readonly AnyControl[] = [privileged, hostPid, mutableTag, imageUser, named];

const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      initContainers:
        - name: setup
          image: busybox:latest
          securityContext:
            privileged: true
      containers:
        - name: nginx
          image: nginx:1.29
          securityContext:
            privileged: yes
        - name: proxy
          image: proxy:latest
`;

const agents = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: ops }
spec:
  template:
    spec:
      hostPID: true
      containers:
        - { name: agent, image: "agent:2" }
---
apiVersion: example.com/v1
kind: Widget
metadata: { name: w }
---
kind: [broken
---
apiVersion: v1
kind: ConfigMap
metadata: {}
---
apiVersion: v1
kind: Service
metadata: { name: web }
---
apiVersion: v1
kind: Pod
metadata: { name: "odd\\e[31m\\u202ename" }
spec:
  containers: [{ name: 日本語, securityContext: { privileged: true } }]
---
apiVersion: v1
kind: Pod
metadata: { name: wrong }
spec: { containers: none }
`;

const chart = `apiVersion: batch/v1
kind: Job
metadata: { name: migrate }
spec:
  template:
    spec:
      containers: [{ name: migrate, securityContext: { privileged: true } }]
`;

export function fixtureSnapshot(): Snapshot {
  const parts = [
    decodeManifest(web, 'deploy/web.yaml'),
    decodeManifest(web, 'overlays/a b/web#1.yaml'),
    decodeManifest(agents, './deploy/agents.yaml'),
    decodeManifest(chart, 'charts/db', {
      rendered: { by: 'helm', from: 'charts/db', template: 'charts/db/templates/job.yaml' },
    }),
  ];
  return {
    schema: 'bulwark.snapshot/v1',
    takenAt: '2026-01-02T03:04:05Z',
    objects: [...parts.flatMap(({ objects }) => objects), livePod('kube-proxy-x1')],
    inputs: [
      ...parts.flatMap(({ inputs }) => inputs),
      { file: 'charts/cache', bucket: 'unrendered', reason: 'a Helm chart', hint: 'put helm on PATH' },
      { file: 'charts/queue', bucket: 'unrendered', reason: 'a Helm chart', hint: 'put helm on PATH' },
    ],
    gaps: [
      {
        code: 'forbidden',
        what: 'deployments.apps',
        reason: 'cannot list: forbidden',
        hint: '"bulwark scan --print-rbac" prints a role that may',
        rule: { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
      },
      { code: 'unreadable', what: 'deploy/secret.yaml', reason: 'permission denied' },
    ],
    cluster: {
      server: 'https://10.0.0.1:6443',
      version: 'v1.33.0',
      namespaces: ['shop', 'kube-system'],
      unread: [{ code: 'forbidden', what: '/api/v1/secrets', reason: 'listing is forbidden' }],
    },
  };
}

/** A pod as the API server answers: no positions, and its API path for a file. */
export function livePod(name: string): KubeObject {
  const namespace = 'kube-system';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    name,
    namespace,
    value: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: { containers: [{ name: 'kube-proxy', securityContext: { privileged: true } }] },
    },
    source: { file: `/api/v1/namespaces/${namespace}/pods/${name}`, document: 0, base: [] },
  };
}

export function fixtureJudgement(): Judgement {
  return judge(fixtureSnapshot(), { controls: fixtureControls });
}
