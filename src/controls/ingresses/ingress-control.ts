import type { Facts } from '../../facts/facts.ts';
import { isIngress } from '../../facts/routes.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

/** An Ingress, as controls ask about it. */
export interface Ingress {
  readonly object: KubeObject;
  readonly spec: JsonObject;
  /** Annotations with text for a value. */
  readonly annotations: ReadonlyMap<string, string>;
}

const noIngress = notApplicable('it is no Ingress');

interface IngressDefinition extends Omit<ControlDefinition<'object'>, 'check' | 'subject'> {
  readonly judge: (ingress: Ingress, facts: Facts) => Verdict | readonly Failure[];
}

/** A control that is asked about Ingresses alone. */
export function ingressControl({ judge, ...definition }: IngressDefinition): Control<'object'> {
  return control({
    ...definition,
    subject: 'object',
    kinds: ['Ingress'],
    check: ({ object }, facts) => (isIngress(object) ? judge(readIngress(object), facts) : noIngress),
  });
}

function readIngress(object: KubeObject): Ingress {
  const spec = own(object.value, 'spec');
  const given = valueAt(object.value, ['metadata', 'annotations']);
  const annotations = new Map<string, string>();
  if (isObject(given)) {
    for (const [key, value] of Object.entries(given)) if (typeof value === 'string') annotations.set(key, value);
  }
  return { object, spec: isObject(spec) ? spec : {}, annotations };
}

/** The name of an annotation of ingress-nginx, without its prefix; undefined for those of others. */
export function nginxAnnotation(key: string): string | undefined {
  return /^nginx\.ingress\.kubernetes\.io\/(.+)$/.exec(key)?.[1];
}
