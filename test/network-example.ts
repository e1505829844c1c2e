import { decodeManifest } from '../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../src/collect/snapshot.ts';
import { type Facts, factsOf } from '../src/facts/facts.ts';
import { networkReachability } from '../src/facts/network.ts';
import { answerNetwork } from '../src/facts/network-answer.ts';
import { findEndpoint, splitPort } from '../src/facts/network-endpoints.ts';

/** The facts of manifests, a text each. */
export function networkFactsOf(...texts: readonly string[]): Facts {
  return factsOf(assembleSnapshot([decodeManifest(texts.join('---\n'), 'x.yaml')], '2026-11-21T00:00:00Z'));
}

/** A Pod with the label and service account of its name, listening at 8080 under the name http. */
export function examplePod(name: string, namespace = 'shop', more = ''): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {serviceAccountName: ${name}, ${more}containers: [{name: app, image: r/app:1, ports: [{name: http, containerPort: 8080}]}]}
`;
}

/** Any object of the namespace shop. */
export function exampleObject(apiVersion: string, kind: string, spec: string, name = 'example'): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`;
}

export function examplePolicy(spec: string): string {
  return exampleObject('networking.k8s.io/v1', 'NetworkPolicy', spec);
}

/** A DaemonSet that runs a network plugin, by its image. */
export function examplePlugin(image: string): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cni, namespace: kube-system}
spec: {selector: {matchLabels: {k: v}}, template: {metadata: {labels: {k: v}}, spec: {hostNetwork: true, containers: [{name: c, image: "${image}"}]}}}
`;
}

/** What is answered to `can FROM TO`. */
export function verdictOf(facts: Facts, from: string, to: string): string {
  const target = splitPort(to);
  const [source, destination] = [findEndpoint(facts, from), findEndpoint(facts, target?.name ?? '')];
  if (source === undefined || destination === undefined) return 'no such endpoint';
  return answerNetwork(facts.get(networkReachability), { from: source, to: destination, port: target?.port }).verdict;
}
