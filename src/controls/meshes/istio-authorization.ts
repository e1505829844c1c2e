import { istio } from '../../facts/istio.ts';
import { isList, isObject, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { meshObject } from './examples.ts';

const kind = 'security.istio.io/v1/AuthorizationPolicy';

/** Source: istio.io, "Authorization Policy": a rule without conditions matches every request. */
export default control({
  id: 'meshes/istio-authorization',
  title: 'Istio authorization policies do not allow everything',
  severity: 'medium',
  subject: 'object',
  kinds: ['AuthorizationPolicy'],
  why: 'One rule that matches every request opens the workload whatever the other policies that allow say: they are added up.',
  remedy: 'Say in from which principals or namespaces may call, and in to what they may.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== 'security.istio.io/AuthorizationPolicy') return notApplicable('it is no policy of Istio');
    const action = valueAt(object.value, ['spec', 'action']) ?? 'ALLOW';
    if (action !== 'ALLOW') return notApplicable('it does not allow');
    const rules = valueAt(object.value, ['spec', 'rules']);
    const failures: Failure[] = [];
    for (const [index, rule] of (isList(rules) ? rules : []).entries()) {
      if (!isObject(rule)) continue;
      const parts = ['from', 'to', 'when'].map((part) => objectsIn(own(rule, part)));
      const [from = [], to = [], when = []] = parts;
      const isForAll = from.length === 0 || from.some((each) => isAnybody(valueAt(each, ['source'])));
      if (!isForAll || to.length > 0 || when.length > 0) continue;
      const isMesh = object.namespace === facts.get(istio).rootNamespace;
      const selector = valueAt(object.value, ['spec', 'selector']);
      const isLimited = isObject(selector) || isList(valueAt(object.value, ['spec', 'targetRefs']));
      const whom = isLimited
        ? 'the workloads that it selects'
        : isMesh
          ? 'all workloads of the mesh'
          : 'all workloads of its namespace';
      const message = `AuthorizationPolicy ${object.name} allows every request to ${whom}`;
      // One that selects is often the gateway, which is there for everybody.
      failures.push(
        fail(message, ['spec', 'rules', index], {
          key: `${index}`,
          severity: isLimited ? 'low' : isMesh ? 'high' : 'medium',
        }),
      );
    }
    return failures;
  },
  examples: {
    fail: [
      meshObject(kind, 'rules: [{}]'),
      meshObject(kind, 'rules: [{}]', 'name: all, namespace: istio-system'),
      meshObject(kind, 'action: ALLOW, rules: [{from: [{source: {ipBlocks: [0.0.0.0/0]}}]}]'),
    ],
    pass: [
      meshObject(kind, 'rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]'),
      meshObject(kind, 'rules: [{to: [{operation: {paths: [/healthz]}}]}]'),
      meshObject(kind, ''),
      meshObject(kind, 'action: DENY, rules: [{}]').replace('name: web', 'name: deny') + '---\n' + meshObject(kind, ''),
    ],
  },
});

function isAnybody(source: Parameters<typeof isObject>[0]): boolean {
  if (!isObject(source)) return true;
  const fields = Object.keys(source);
  if (fields.length !== 1) return fields.length === 0;
  return ['ipBlocks', 'remoteIpBlocks'].some((key) =>
    stringsIn(own(source, key)).some((block) => block === '0.0.0.0/0' || block === '::/0'),
  );
}
