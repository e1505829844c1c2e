import { knownObjects } from '../../facts/known-objects.ts';
import { type PodReference, podReferences } from '../../facts/pod-references.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { inPod } from '../examples.ts';
import { documents, named, wholeCluster } from './examples.ts';

interface ReferenceRow extends Pick<ControlDefinition<'pod'>, 'title' | 'severity' | 'why' | 'remedy' | 'examples'> {
  readonly name: string;
  readonly isAsked: (reference: PodReference) => boolean;
  readonly says: (reference: PodReference) => string;
}

/** What a pod names and is not there, as far as it can be told that it is missing. */
function referenceControls(rows: readonly ReferenceRow[]): readonly Control<'pod'>[] {
  return rows.map(({ name, isAsked, says, ...rest }) =>
    control({
      ...rest,
      id: `reliability/${name}`,
      profile: 'reliability',
      subject: 'pod',
      check: ({ pod, object }, facts) => {
        const known = facts.get(knownObjects);
        const failures = new Map<string, Failure>();
        for (const reference of facts.get(podReferences)(pod)) {
          if (!isAsked(reference)) continue;
          const { kind, name: wanted, path } = reference;
          const { namespace } = object;
          if (!known.isWhole(kind, namespace) || known.has(kind, namespace, wanted)) continue;
          const key = `${kind} ${wanted}`;
          if (!failures.has(key)) failures.set(key, fail(says(reference), path, { key }));
        }
        return [...failures.values()];
      },
    }),
  );
}

const mount = inPod('volumes: [{ name: db, secret: { secretName: db } }]');

export default referenceControls([
  {
    name: 'missing-configuration',
    title: 'Everything that pods are configured by is there',
    severity: 'medium',
    why: 'A pod whose Secret, ConfigMap or claim is missing does not start; and whoever makes one of that name decides what it reads.',
    remedy: 'Make it, correct the name, or mark it as optional.',
    isAsked: ({ use, optional }) => (use === 'env' || use === 'volume') && !optional,
    says: ({ kind, name }) => `the pod needs ${kind} ${name}, which is not there`,
    examples: {
      fail: [
        documents(wholeCluster, named('Secret', 'other'), mount),
        documents(wholeCluster, named('ConfigMap', 'a'), inPod('volumes: [{ name: b, configMap: { name: b } }]')),
      ],
      pass: [
        documents(wholeCluster, named('Secret', 'db'), mount),
        mount,
        documents(
          wholeCluster,
          named('Secret', 'a'),
          inPod('volumes: [{ name: b, secret: { secretName: b, optional: true } }]'),
        ),
      ],
    },
  },
  {
    name: 'image-pull-secret',
    title: 'The credentials that images are pulled with are there',
    severity: 'low',
    why: 'Without them a private image is not pulled when the pod starts on a node that does not have it yet.',
    remedy: 'Make the Secret, or take the name out.',
    isAsked: ({ use }) => use === 'image-pull',
    says: ({ name }) => `the pod names Secret ${name} to pull its images with, which is not there`,
    examples: {
      fail: [documents(wholeCluster, named('Secret', 'other'), inPod('imagePullSecrets: [{ name: registry }]'))],
      pass: [documents(wholeCluster, named('Secret', 'registry'), inPod('imagePullSecrets: [{ name: registry }]'))],
    },
  },
  {
    name: 'service-account-missing',
    title: 'The service accounts that pods run as are there',
    severity: 'medium',
    why: 'The API server takes no pod whose service account is missing: the workload has no pods, and only an event says why.',
    remedy: 'Make the account, or correct the name.',
    isAsked: ({ use, name }) => use === 'account' && name !== 'default',
    says: ({ name }) => `the pod runs as service account ${name}, which is not there`,
    examples: {
      fail: [documents(wholeCluster, named('ServiceAccount', 'default'), inPod('serviceAccountName: app'))],
      pass: [
        documents(wholeCluster, named('ServiceAccount', 'app'), inPod('serviceAccountName: app')),
        inPod('serviceAccountName: app'),
      ],
    },
  },
]);
