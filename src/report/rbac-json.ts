import type { Path } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Binding, BindingSubject } from '../semantics/rbac/binding.ts';
import type { RoleRule } from '../semantics/rbac/rule.ts';
import { locationOf } from './location.ts';

/** An object as machines refer to it, with where it stands. */
export function objectJson(object: KubeObject, path: Path): object {
  const { kind, namespace, name } = object;
  const { file, line, rendered } = locationOf({ object, path });
  const at = line ?? rendered?.line;
  return { kind, ...(namespace !== undefined && { namespace }), name, file, ...(at !== undefined && { line: at }) };
}

export function subjectJson({ kind, name, namespace }: BindingSubject): object {
  return { kind, ...(namespace !== undefined && { namespace }), name };
}

export function bindingJson(binding: Binding): object {
  return { ...objectJson(binding.object, ['roleRef']), roleRef: binding.role };
}

/** A rule as it is written, without the fields that it leaves out. */
export function ruleJson({ index, ...rule }: RoleRule): object {
  return { index, ...Object.fromEntries(Object.entries(rule).filter(([, list]) => list.length > 0)) };
}

export function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
