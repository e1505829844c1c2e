import type { JsonObject } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { applyChanges, type Change, changeAt } from './change.ts';
import { annotationPath, judgedContainers, viewPod } from './pod-view.ts';
import {
  annotationOf,
  profileOf,
  type SeccompFields,
  seccompContainerPrefix,
  seccompPodAnnotation,
} from './profiles.ts';

export interface CreateFeatures {
  /** The feature gate ProcMountType. */
  readonly procMount: 'on' | 'off';
}

/**
 * What the API server does to a pod between the plugin's two phases, as far as the second one sees it: features that are
 * off by default in v1.20 are dropped (ephemeral containers, and every `procMount` but `Default`), and seccomp annotations and fields are made to
 * say the same where only one of them says something. Source: pkg/api/pod/util.go (DropDisabledPodFields),
 * pkg/registry/core/pod/strategy.go (applySeccompVersionSkew).
 */
export function prepareForCreate(object: JsonObject, { procMount }: CreateFeatures = { procMount: 'off' }): JsonObject {
  const view = viewPod(object);
  const { pod } = view;
  const changes: Change[] = [];
  const containers = judgedContainers(view);
  if (view.containers.length > containers.length)
    changes.push(changeAt(object, ['spec', 'ephemeralContainers'], undefined));
  for (const { container } of containers) {
    if (procMount === 'off' && (container.securityContext.procMount ?? 'Default') !== 'Default')
      changes.push(changeAt(object, [...container.path, 'securityContext', 'procMount'], 'Default'));
  }
  const sync = (key: string, field: Path, profile: SeccompFields | undefined): void => {
    const annotation = pod.annotations.get(key);
    if (profile !== undefined && annotation === undefined) {
      const name = annotationOf(profile);
      if (name !== '') changes.push(changeAt(object, annotationPath(key), name));
    } else if (profile === undefined && annotation !== undefined) {
      const made = profileOf(annotation);
      if (made !== undefined) changes.push(changeAt(object, field, made));
    }
  };
  sync(seccompPodAnnotation, ['spec', 'securityContext', 'seccompProfile'], pod.securityContext.seccompProfile);
  for (const { container } of containers) {
    const field = [...container.path, 'securityContext', 'seccompProfile'];
    sync(`${seccompContainerPrefix}${container.name}`, field, container.securityContext.seccompProfile);
  }
  return applyChanges(object, changes);
}
