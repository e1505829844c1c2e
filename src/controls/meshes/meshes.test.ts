import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import { mesh, namespace, peers, workload } from './examples.ts';
import istioMtls from './istio-mtls.ts';

const told = (text: string): readonly string[] => judgeExample(istioMtls, text).map(({ message }) => message);
const strict = peers('default', 'istio-system', 'mtls: {mode: STRICT}');

describe('mutual TLS of workloads', () => {
  it('is not asked of workloads outside of the mesh', () => {
    expect(told(mesh(workload(', annotations: {sidecar.istio.io/inject: "false"}')))).toEqual([]);
    expect(told(mesh(workload('', ', hostNetwork: true')))).toEqual([]);
    expect(told(mesh(workload().replaceAll('namespace: shop', 'namespace: bank')))).toEqual([]);
  });

  it('is told at the policy that counts, not at one that does not', () => {
    const texts = mesh(
      workload(),
      strict,
      peers('loose', 'shop', 'mtls: {mode: PERMISSIVE}'),
      peers('web', 'shop', 'selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}'),
    );
    expect(told(texts)).toEqual([]);
    expect(told(mesh(workload(), strict, peers('loose', 'shop', 'mtls: {mode: PERMISSIVE}')))).toEqual([
      'PeerAuthentication loose lets workloads take plain text, too: shop/web',
    ]);
  });

  it('is open where policies may be elsewhere', () => {
    const config =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "{}"}\n';
    const text = [config, namespace('shop', 'istio-injection: enabled'), workload()].join('---\n');
    const { findings, undecided } = judgeText([istioMtls], text);
    expect(findings).toEqual([]);
    expect(undecided.map(({ reason }) => reason)).toEqual([
      'a PeerAuthentication that was not read may ask for mutual TLS',
    ]);
  });

  it('has the root namespace of the mesh configuration', () => {
    const root = mesh(workload(), peers('default', 'mesh-root', 'mtls: {mode: STRICT}'));
    expect(told(root)).toHaveLength(1);
    expect(told(root.replace('rootNamespace: istio-system', 'rootNamespace: mesh-root'))).toEqual([]);
  });

  it('takes ambient meshes, which have no DISABLE', () => {
    const ambient = mesh(workload(), peers('loose', 'shop', 'mtls: {mode: DISABLE}')).replace(
      'istio-injection: enabled',
      'istio.io/dataplane-mode: ambient',
    );
    expect(told(ambient)).toEqual(['PeerAuthentication loose lets workloads take plain text, too: shop/web']);
  });

  it('leaves gateways to their Gateway', () => {
    expect(told(mesh(workload().replace('name: app, image', 'name: istio-proxy, image')))).toEqual([]);
  });
});
