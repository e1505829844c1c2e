import type { Json, JsonObject } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { type Change, changeAt } from './change.ts';
import { annotationPath, type Capabilities, type ContainerView, type PodView, podSeccomp } from './pod-view.ts';
import type { IdStrategy, PodSecurityPolicy, SelinuxFields } from './policy.ts';
import { appArmorContainerPrefix, policyAnnotations, seccompPodAnnotation } from './profiles.ts';

/**
 * What a policy sets on a pod that leaves it open; nothing where the pod says everything itself. A value that is set is
 * never overwritten, so the result may still be refused. Source: provider.go (MutatePod).
 */
export function mutationsOf(policy: PodSecurityPolicy, view: PodView): readonly Change[] {
  const changes: Change[] = [];
  const set = (path: Path, value: Json | undefined): void => {
    if (value !== undefined) changes.push(changeAt(view.object, path, value));
  };
  const { pod } = view;
  const context = ['spec', 'securityContext'];
  if (view.supplementalGroups === undefined) {
    const group = firstId(policy.supplementalGroups);
    set([...context, 'supplementalGroups'], group === undefined ? undefined : [group]);
  }
  if (pod.securityContext.fsGroup === undefined) set([...context, 'fsGroup'], firstId(policy.fsGroup));
  if (pod.securityContext.seLinuxOptions === undefined && policy.seLinux.rule === 'MustRunAs')
    set([...context, 'seLinuxOptions'], policy.seLinux.options && selinuxJson(policy.seLinux.options));
  const seccomp = podSeccomp(view) || (policy.annotations.get(policyAnnotations.defaultSeccomp) ?? '');
  if (seccomp !== '' && seccomp !== pod.annotations.get(seccompPodAnnotation))
    set(annotationPath(seccompPodAnnotation), seccomp);
  if (pod.runtimeClassName === undefined) set(['spec', 'runtimeClassName'], policy.runtimeClass?.default);
  const named = new Set<string>();
  for (const each of view.containers) {
    for (const [field, value] of containerDefaults(policy, each))
      set([...each.container.path, 'securityContext', field], value);
    const key = `${appArmorContainerPrefix}${each.container.name}`;
    const profile = policy.annotations.get(policyAnnotations.defaultAppArmor) ?? '';
    // Containers that share a name, which the API server refuses later, share the annotation.
    if (profile === '' || (pod.annotations.get(key) ?? '') !== '' || named.has(key)) continue;
    named.add(key);
    set(annotationPath(key), profile);
  }
  return changes;
}

type Defaults = readonly (readonly [field: string, value: Json | undefined])[];

function containerDefaults(policy: PodSecurityPolicy, { container, capabilities }: ContainerView): Defaults {
  const { effective, securityContext } = container;
  const { runAsUser, runAsGroup } = policy;
  const user = effective.runAsUser === undefined ? firstId(runAsUser) : undefined;
  const isOpen = effective.runAsNonRoot === undefined && effective.runAsUser === undefined;
  const isUnset = (field: 'readOnlyRootFilesystem' | 'allowPrivilegeEscalation'): boolean =>
    securityContext[field] === undefined;
  const escalation = policy.defaultAllowPrivilegeEscalation ?? (policy.allowPrivilegeEscalation ? undefined : false);
  return [
    ['runAsUser', user],
    ['runAsGroup', effective.runAsGroup === undefined && runAsGroup ? firstId(runAsGroup) : undefined],
    ['runAsNonRoot', isOpen && runAsUser.rule === 'MustRunAsNonRoot' ? true : undefined],
    ['capabilities', generatedCapabilities(policy, capabilities)],
    ['readOnlyRootFilesystem', isUnset('readOnlyRootFilesystem') && policy.readOnlyRootFilesystem ? true : undefined],
    ['allowPrivilegeEscalation', isUnset('allowPrivilegeEscalation') ? escalation : undefined],
  ];
}

/** Only MustRunAs sets an id: the first of its first range. */
function firstId({ rule, ranges }: IdStrategy): number | undefined {
  return rule === 'MustRunAs' ? ranges[0]?.min : undefined;
}

/** Undefined where nothing has to be added. Source: capabilities/capabilities.go (Generate). */
function generatedCapabilities(policy: PodSecurityPolicy, own: Capabilities | undefined): JsonObject | undefined {
  const add = new Set(own?.add);
  const drop = new Set(own?.drop);
  const before = add.size + drop.size;
  // What a container drops by itself is not added again.
  for (const name of policy.defaultAddCapabilities) if (!drop.has(name)) add.add(name);
  for (const name of policy.requiredDropCapabilities) drop.add(name);
  if (add.size + drop.size === before) return undefined;
  return {
    ...(add.size > 0 && { add: [...add].sort() }),
    ...(drop.size > 0 && { drop: [...drop].sort() }),
  };
}

function selinuxJson(options: SelinuxFields): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== ''));
}
