import { isList, isObject, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { applyChanges, type Change, changeAt } from './change.ts';
import { type ContainerView, judgedContainers, type PodView, viewPod } from './pod-view.ts';

/** What is known of the service account that a pod runs as. */
export interface PodServiceAccount {
  /** Its own `automountServiceAccountToken`; unset mounts. */
  readonly automount?: boolean | undefined;
  /** The secret of its token: the first of its `secrets` that is one. Without it, a name is made up. */
  readonly tokenSecret?: string | undefined;
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/**
 * A pod as it comes to the plugin, from a manifest: with what the API server sets by itself (a `hostPort` for every port
 * of a pod on the host's network, an `emptyDir` for a volume that names no source) and what ServiceAccount admission adds
 * in v1.20: the account, and where its token is mounted, a secret volume, which `volumes` of a policy must allow. What is
 * done already is not done again. Source: pkg/apis/core/v1/defaults.go, plugin/pkg/admission/serviceaccount.
 */
export function beforeAdmission(object: JsonObject, account: PodServiceAccount = {}): JsonObject {
  const view = viewPod(object);
  const changes: Change[] = [];
  if (!isObject(valueAt(object, ['spec', 'securityContext'])))
    changes.push(changeAt(object, ['spec', 'securityContext'], {}));
  for (const { container } of judgedContainers(view)) {
    for (const { path, hostPort } of container.ports) {
      if (hostPort > 0 && !valueAt(object, [...path, 'hostPort']))
        changes.push(changeAt(object, [...path, 'hostPort'], hostPort));
    }
  }
  changes.push(...emptyVolumes(object, view));
  const defaulted = applyChanges(object, changes);
  // The kubelet would not know its static pod again.
  return view.pod.annotations.has(mirrorAnnotation) ? defaulted : withAccount(defaulted, view, account);
}

function emptyVolumes(object: JsonObject, { volumes }: PodView): readonly Change[] {
  const list = valueAt(object, ['spec', 'volumes']);
  // Paths of volumes are those in the list as it is written, which has to be all of objects then.
  if (!isList(list) || list.length !== volumes.length) return [];
  return volumes.flatMap(({ type }, index) => {
    const path = ['spec', 'volumes', index, 'emptyDir'];
    return type === 'emptyDir' && !isObject(valueAt(object, path)) ? [changeAt(object, path, {})] : [];
  });
}

function withAccount(object: JsonObject, view: PodView, account: PodServiceAccount): JsonObject {
  const name = view.pod.serviceAccountName;
  const changes: Change[] = [];
  for (const field of ['serviceAccountName', 'serviceAccount']) {
    if (valueAt(object, ['spec', field]) !== name) changes.push(changeAt(object, ['spec', field], name));
  }
  const mounts = view.pod.automountServiceAccountToken ?? account.automount ?? true;
  if (mounts) changes.push(...tokenMounts(object, view, account.tokenSecret ?? `${name}-token`));
  return applyChanges(object, changes);
}

function tokenMounts(object: JsonObject, view: PodView, secret: string): readonly Change[] {
  const lacking = judgedContainers(view).filter(({ container }) => {
    return !container.volumeMounts.some(({ mountPath }) => mountPath === tokenPath);
  });
  if (lacking.length === 0) return [];
  const volumes = valueAt(object, ['spec', 'volumes']);
  const before = isList(volumes) ? volumes : [];
  const known = before.find((volume) => isObject(volume) && valueAt(volume, ['secret', 'secretName']) === secret);
  const knownName = isObject(known) ? own(known, 'name') : undefined;
  const taken = new Set(view.volumes.map((volume) => volume.name));
  const name = typeof knownName === 'string' ? knownName : taken.has(secret) ? `${secret}-mount` : secret;
  const changes = lacking.map(({ container }: ContainerView): Change => {
    const path = [...container.path, 'volumeMounts'];
    const mounted = valueAt(object, path);
    const mount = { name, readOnly: true, mountPath: tokenPath };
    return changeAt(object, path, [...(isList(mounted) ? mounted : []), mount]);
  });
  if (known !== undefined) return changes;
  return [...changes, changeAt(object, ['spec', 'volumes'], [...before, { name, secret: { secretName: secret } }])];
}
