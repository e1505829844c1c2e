import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { vendorOf } from './provenance.ts';

function made(metadata: object): string | undefined {
  const value = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'x', ...metadata },
  };
  const [object] = decodeManifest(JSON.stringify(value), 'x.json').objects;
  return object === undefined ? 'unread' : vendorOf(object);
}

describe('the maker of an object', () => {
  it.each<[string, object, string | undefined]>([
    ['EKS by its label', { labels: { 'eks.amazonaws.com/component': 'coredns' } }, 'Amazon EKS'],
    ['EKS by the manager of its fields', { managedFields: [{ manager: 'kubectl' }, { manager: 'eks' }] }, 'Amazon EKS'],
    ['AKS', { labels: { 'kubernetes.azure.com/managedby': 'aks' } }, 'Azure AKS'],
    ['not AKS by another value', { labels: { 'kubernetes.azure.com/managedby': 'me' } }, undefined],
    [
      'GKE before the add-on manager that it uses',
      {
        labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' },
        annotations: { 'components.gke.io/layer': 'addon' },
      },
      'Google GKE',
    ],
    [
      'the add-on manager',
      { labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } },
      'the add-on manager of the cluster',
    ],
    [
      'OpenShift',
      { annotations: { 'include.release.openshift.io/self-managed-high-availability': 'true' } },
      'OpenShift',
    ],
    ['K3s', { annotations: { 'objectset.rio.cattle.io/owner-gvk': 'k3s.cattle.io/v1, Kind=Addon' } }, 'K3s'],
    ['nobody by a name alone', { name: 'eks:node-manager' }, undefined],
    ['nobody by an inherited key', { labels: { constructor: 'x' } }, undefined],
    ['nobody where labels are no object', { labels: ['eks.amazonaws.com/component'], managedFields: 'eks' }, undefined],
  ])('is %s', (_, metadata, expected) => {
    expect(made(metadata)).toBe(expected);
  });
});
