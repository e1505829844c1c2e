import type { Component, ResolvedComponent, Setting } from '../../model/component.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { NodeComponent, ObjectPlace } from '../../model/node-component.ts';
import { formatPath, type Path, valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { resolveComponent } from '../component-config/index.ts';
import { settingTable } from '../component-config/table.ts';
import { minorOfImage } from './image-version.ts';
import type { ToldVersion } from './node-components.ts';
import { type ConfigMapMount, componentsOfPod, type StaticComponent } from './static-pods.ts';

export interface ApiComponentOptions {
  /** The version that other objects tell, where no image tells the component's own. */
  readonly told?: ToldVersion | undefined;
  /** The data of a ConfigMap in the object's namespace. */
  readonly configMap: (namespace: string | undefined, name: string) => JsonObject | undefined;
}

/**
 * The components that a Pod, or the template of a DaemonSet, Deployment or StatefulSet runs, as far as the API shows
 * them: their arguments, and configuration files that ConfigMaps hold. Files of the node are not known.
 */
export function componentsOfObject(object: KubeObject, options: ApiComponentOptions): readonly NodeComponent[] {
  const base: Path = object.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
  const spec = valueAt(object.value, base);
  if (!isObject(spec) || !mentionsComponent(spec)) return [];
  const where = (path: Path) => ({ where: formatPath(path) });
  const node = own(spec, 'nodeName');
  const found = componentsOfPod(spec, { base, where });
  return found
    .filter(({ component }) => component !== 'etcd' || isOfCluster(object))
    .map((each) => componentOf(each, { object, options, node: typeof node === 'string' ? node : '' }));
}

/** Ten thousand pods are no component: seen at once by their words. */
function mentionsComponent(spec: JsonObject): boolean {
  const containers = own(spec, 'containers');
  if (!isList(containers)) return false;
  for (const container of containers) {
    if (!isObject(container)) continue;
    for (const field of ['command', 'args']) {
      const words = own(container, field);
      if (!isList(words)) continue;
      const [first] = words;
      if (typeof first === 'string' && (program.test(first) || (words.length > 2 && shell.test(first)))) return true;
    }
  }
  return false;
}

const program = /(?:^|\/)(?:kube-(?:apiserver|controller-manager|scheduler|proxy)|kubelet|etcd|hyperkube)$/;
const shell = /(?:^|\/)(?:ba|da)?sh$/;

/** Programs of all kinds bring an etcd: only one of the control plane is Kubernetes' own. */
function isOfCluster({ namespace, value }: KubeObject): boolean {
  if (namespace === 'kube-system' || namespace?.startsWith('openshift-') === true) return true;
  const mirror = valueAt(value, ['metadata', 'annotations']);
  return isObject(mirror) && own(mirror, 'kubernetes.io/config.mirror') !== undefined;
}

interface Context {
  readonly object: KubeObject;
  readonly options: ApiComponentOptions;
  readonly node: string;
}

function componentOf(found: StaticComponent, { object, options, node }: Context): NodeComponent {
  const { component, args, env, image, configMaps, list } = found;
  const own = minorOfImage(component, image);
  const taken = own === undefined && component !== 'etcd' ? options.told : undefined;
  const minor = own ?? taken?.minor;
  const readFile = (path: string): string | undefined =>
    fileOfConfigMap(path, configMaps, (name) => options.configMap(object.namespace, name));
  const config = resolveComponent({
    component,
    args,
    env: new Map(Object.entries(env).map(([name, value]) => [name, { value, where: 'environment' }])),
    readFile,
    ...(minor !== undefined && { minor }),
    ...(taken !== undefined && { minorOf: taken.of }),
  });
  return {
    component,
    node,
    config,
    // What the file of a mirror pod is called is for the kubelet to know.
    start: {},
    ...(image !== undefined && { image }),
    args,
    object,
    readFile,
    onNode: () => undefined,
    placeOf: ({ origin }: Setting): ObjectPlace => {
      const word = origin.kind === 'flag' ? args.find((each) => each.where === origin.where) : undefined;
      return { object, path: word?.path ?? list ?? [] };
    },
  };
}

function fileOfConfigMap(
  path: string,
  mounts: readonly ConfigMapMount[],
  dataOf: (name: string) => JsonObject | undefined,
): string | undefined {
  for (const { inside, name, items, subPath } of mounts) {
    const whole = subPath !== undefined && path === inside;
    if (!whole && !path.startsWith(inside === '/' ? '/' : `${inside}/`)) continue;
    const file = whole ? subPath : path.slice(inside === '/' ? 1 : inside.length + 1);
    const key = items === undefined ? file : items.get(file);
    const text = key === undefined ? undefined : own(dataOf(name) ?? {}, key);
    if (typeof text === 'string') return text;
  }
  return undefined;
}

/**
 * A kubelet by what it answers itself (`/configz`): every field of its configuration as it is in force. Settings that
 * only flags have are not in it, and cannot be told.
 */
export function componentOfConfigz(
  node: string,
  configuration: Json,
  { object, told }: { readonly object: KubeObject; readonly told?: ToldVersion | undefined },
): NodeComponent {
  const file = '/configz';
  const text = JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...asObject(configuration),
  });
  const component: Component = 'kubelet';
  const args = [{ text: `--config=${file}`, where: 'configz' }];
  const readFile = (path: string): string | undefined => (path === file ? text : undefined);
  const version = told === undefined ? {} : { minor: told.minor, minorOf: told.of };
  const resolved = resolveComponent({ component, args, readFile, ...version });
  return {
    component,
    node,
    config: withoutFlags(resolved),
    start: {},
    args: [],
    object,
    readFile: () => undefined,
    onNode: () => undefined,
    placeOf: ({ name }) => ({ object, path: ['status', 'kubeletconfig', ...name.split('.')] }),
  };
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

/** What only flags can set is unknown, not unset. */
function withoutFlags(resolved: ResolvedComponent): ResolvedComponent {
  const table = settingTable(resolved.component);
  const blind = (setting: Setting): Setting => {
    const row = table.byName(setting.name);
    if (row?.field !== undefined || setting.origin.kind === 'file') return setting;
    const where = 'the command line of the kubelet, which configz does not show';
    return { name: setting.name, value: null, origin: { kind: 'flag', flag: `--${row?.flag ?? setting.name}`, where } };
  };
  return {
    ...resolved,
    ...(resolved.possible !== undefined && { possible: resolved.possible.map(withoutFlags) }),
    get: (name) => {
      const setting = resolved.get(name);
      return setting === undefined ? undefined : blind(setting);
    },
    settings: () => resolved.settings().map(blind),
    problems: [],
  };
}
