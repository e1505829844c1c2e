import { imageOf } from '../../facts/image-references.ts';
import { isPlatformImage, systemWorkloadOf } from '../../facts/system-workloads.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isSystemNamespace } from './whole-cluster.ts';

/** Told by the origin of the images, never by names: what runs as kube-monitor may be anything. */
export default control({
  id: 'namespaces/system-namespace',
  title: 'Only the cluster itself runs in kube-system',
  severity: 'medium',
  subject: 'pod',
  why: 'Policies and people leave kube-system alone, and its service accounts and Secrets are those of the cluster: it is where miners and back doors are hidden.',
  remedy: 'Move it to a namespace of its own; if nobody knows it, find out who made it first.',
  check: (subject, facts) => {
    const { object, pod } = subject;
    if (!isSystemNamespace(object.namespace)) return notApplicable('it is not in a namespace of the cluster');
    if (facts.get(systemWorkloadOf)(subject) !== undefined) return pass;
    for (const container of pod.containers) {
      const image = facts.get(imageOf)(container);
      if ('kind' in image || isPlatformImage(image)) continue;
      const message = `container ${container.name} runs ${container.image} in ${object.namespace}, which is no part of the cluster`;
      return fail(message, container.at('image'));
    }
    return pass;
  },
  examples: {
    fail: [inSystem('docker.io/attacker/miner:latest'), inSystem('registry.example/kube-proxy:v1.34.0')],
    pass: [
      inSystem('registry.k8s.io/coredns/coredns:v1.12.0'),
      inSystem('602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/coredns:v1.11.4'),
    ],
  },
});

function inSystem(image: string): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-monitor, namespace: kube-system}
spec:
  selector: {matchLabels: {app: monitor}}
  template:
    metadata: {labels: {app: monitor}}
    spec: {containers: [{name: monitor, image: "${image}"}]}
`;
}
