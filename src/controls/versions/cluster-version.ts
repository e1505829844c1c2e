import { clusterVersion } from '../../facts/cluster-told-version.ts';
import { readNode } from '../../facts/nodes.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { distributionOfVersion } from '../../semantics/node/distribution.ts';
import { control } from '../control.ts';
import { standsForCluster } from '../namespaces/whole-cluster.ts';
import { endedLine, kubernetesOf } from '../nodes/support.ts';
import { clusterOf } from './examples.ts';

export default control({
  id: 'versions/cluster-version',
  title: 'The cluster is of a version that gets fixes',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'What is found in a version after its end stays open in it, and the notes of later versions tell everyone what that is.',
  remedy: 'Upgrade the control plane one minor version after another, and the nodes behind it.',
  check: ({ object }, facts) => {
    if (!standsForCluster(object)) return notApplicable('it does not stand for the cluster');
    const told = facts.get(clusterVersion);
    if (told === undefined) return unknown('the version of the cluster is not known');
    const product = kubernetesOf(distributionOfVersion(told.text));
    if (product === undefined) return unknown('how long OpenShift maintains its Kubernetes is not known');
    const { nodes = [], takenAt } = facts.snapshot;
    const end = endedLine(product, told.text, takenAt);
    if (end === undefined) return pass;
    const isTold = nodes.some((node) =>
      facts
        .get(readNode)(node)
        .components.some(({ component, config }) => component === 'kube-apiserver' && `1.${config.minor}` === end.line),
    );
    if (isTold) return notApplicable('the node that runs the API server tells it');
    return fail(`Kubernetes ${told.text} of ${told.by} gets no fixes since ${end.ended}`, [], {
      severity: end.severity,
    });
  },
  examples: {
    fail: [clusterOf('v1.20.2')],
    pass: [clusterOf('v1.36.1')],
  },
});
