import { defineFact, type Facts } from '../../facts/facts.ts';
import { isObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, unknown, type Verdict } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { meshObject } from './examples.ts';

const hasIdentities = defineFact('kuma-identities', ({ snapshot }): boolean =>
  snapshot.objects.some((object) => groupKind(object) === 'kuma.io/MeshIdentity'),
);

/** Sources: developer.hashicorp.com/consul, configuration entries; kuma.io, Mesh, MeshTLS and MeshIdentity. */
export default control({
  id: 'meshes/consul-and-kuma',
  title: 'Consul and Kuma meshes take mutual TLS only',
  severity: 'medium',
  subject: 'object',
  kinds: ['Mesh', 'ServiceDefaults', 'ProxyDefaults', 'ServiceIntentions', 'MeshTLS'],
  why: 'In permissive mode, or without a backend for certificates, proxies take plain text from anyone, and intentions and permissions hold for nobody in particular.',
  remedy: 'Turn on mutual TLS for the mesh in strict mode, and end permissive mode once all clients are in it.',
  check: ({ object }, facts) =>
    readers.get(groupKind(object))?.(object, facts) ?? notApplicable('it is of no such mesh'),
  examples: {
    fail: [
      meshObject('consul.hashicorp.com/v1alpha1/Mesh', 'allowEnablingPermissiveMutualTLS: true'),
      meshObject('consul.hashicorp.com/v1alpha1/ServiceDefaults', 'mutualTLSMode: permissive'),
      meshObject(
        'consul.hashicorp.com/v1alpha1/ServiceIntentions',
        'destination: {name: web}, sources: [{name: "*", action: allow}]',
      ),
      meshObject('kuma.io/v1alpha1/Mesh', 'mtls: {backends: [{name: ca, type: builtin}]}', 'name: default'),
      meshObject(
        'kuma.io/v1alpha1/Mesh',
        'mtls: {enabledBackend: ca, backends: [{name: ca, type: builtin, mode: PERMISSIVE}]}',
        'name: default',
      ),
      meshObject('kuma.io/v1alpha1/MeshTLS', 'from: [{default: {mode: Permissive}}]'),
    ],
    pass: [
      meshObject('consul.hashicorp.com/v1alpha1/Mesh', 'tls: {incoming: {tlsMinVersion: TLSv1_2}}'),
      meshObject(
        'consul.hashicorp.com/v1alpha1/ServiceIntentions',
        'destination: {name: web}, sources: [{name: shop, action: allow}]',
      ),
      meshObject(
        'kuma.io/v1alpha1/Mesh',
        'mtls: {enabledBackend: ca, backends: [{name: ca, type: builtin}]}',
        'name: default',
      ),
    ],
  },
});

type Read = (object: KubeObject, facts: Facts) => Verdict;

const readers: ReadonlyMap<string, Read> = new Map([
  ['consul.hashicorp.com/Mesh', consulMesh],
  ['consul.hashicorp.com/ServiceDefaults', consulDefaults],
  ['consul.hashicorp.com/ProxyDefaults', consulDefaults],
  ['consul.hashicorp.com/ServiceIntentions', consulIntentions],
  ['kuma.io/Mesh', kumaMesh],
  ['kuma.io/MeshTLS', kumaTls],
]);

function consulMesh(object: KubeObject): Verdict {
  const at = ['spec', 'allowEnablingPermissiveMutualTLS'];
  if (valueAt(object.value, at) !== true) return pass;
  return fail(`Mesh ${object.name} of Consul lets services turn on permissive mode`, at, { severity: 'low' });
}

function consulDefaults(object: KubeObject): Verdict {
  const at = ['spec', 'mutualTLSMode'];
  if (valueAt(object.value, at) !== 'permissive') return pass;
  return fail(`${object.kind} ${object.name} of Consul takes plain text: mutualTLSMode is permissive`, at);
}

function consulIntentions(object: KubeObject): Verdict {
  const sources = objectsIn(valueAt(object.value, ['spec', 'sources']));
  const index = sources.findIndex((source) => own(source, 'name') === '*' && own(source, 'action') === 'allow');
  if (index === -1) return pass;
  const message = `ServiceIntentions ${object.name} of Consul allows every service of the mesh`;
  return fail(message, ['spec', 'sources', index], { severity: 'low' });
}

function kumaMesh(object: KubeObject, facts: Facts): Verdict {
  const mtls = valueAt(object.value, ['spec', 'mtls']);
  const backend = isObject(mtls) ? own(mtls, 'enabledBackend') : undefined;
  if (typeof backend !== 'string' || backend === '') {
    // Since 2.12 a mesh may have its identities from objects of their own.
    if (facts.get(hasIdentities)) return unknown('a MeshIdentity gives the mesh its TLS');
    return fail(`Mesh ${object.name} of Kuma has no mutual TLS: no backend is enabled`, ['spec', 'mtls']);
  }
  const chosen = objectsIn(valueAt(mtls, ['backends'])).find((each) => own(each, 'name') === backend);
  if (chosen === undefined || own(chosen, 'mode') !== 'PERMISSIVE') return pass;
  return fail(`Mesh ${object.name} of Kuma takes plain text: backend ${backend} is PERMISSIVE`, [
    'spec',
    'mtls',
    'backends',
  ]);
}

function kumaTls(object: KubeObject): Verdict {
  for (const side of ['from', 'rules']) {
    const rows = objectsIn(valueAt(object.value, ['spec', side]));
    const index = rows.findIndex((row) => valueAt(row, ['default', 'mode']) === 'Permissive');
    if (index !== -1) {
      const at = ['spec', side, index, 'default', 'mode'];
      return fail(`MeshTLS ${object.name} of Kuma takes plain text: its mode is Permissive`, at);
    }
  }
  return pass;
}
