import { load } from 'js-yaml';
import type { NodeRoot } from './node-root.ts';

/** How a component is started, in the words of its manifest or unit. */
export interface CommandLine {
  readonly component: string;
  /** Without the program. */
  readonly words: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** User id that it runs as. */
  readonly user: number;
  /** Minor version of Kubernetes 1.x by the tag of its image. */
  readonly minor: number | undefined;
}

interface Pod {
  readonly spec: {
    readonly securityContext?: { readonly runAsUser?: number };
    readonly containers: readonly {
      readonly image: string;
      readonly command: readonly string[];
      readonly args?: readonly string[];
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
}

/** kubeadm's drop-in for the kubelet: what its packages install, where the node's files do not say otherwise. */
const kubeadmKubelet = [
  '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf',
  '--kubeconfig=/etc/kubernetes/kubelet.conf',
  '--config=/var/lib/kubelet/config.yaml',
];

/** The command line of a component; undefined where nothing on the node starts it. */
export function commandLine(root: NodeRoot, component: string): CommandLine | undefined {
  const manifest = root.read(`/etc/kubernetes/manifests/${component}.yaml`);
  if (manifest !== undefined) return fromPod(component, load(manifest) as Pod);
  const words = unitWords(root, component) ?? kubeadmWords(root, component);
  return words === undefined ? undefined : { component, words, env: new Map(), user: 0, minor: undefined };
}

function fromPod(component: string, { spec }: Pod): CommandLine | undefined {
  const [container] = spec.containers;
  if (container === undefined) return undefined;
  const [, minor] = /:v1\.(\d+)\./.exec(container.image) ?? [];
  return {
    component,
    words: [...container.command, ...(container.args ?? [])].slice(1),
    env: new Map((container.env ?? []).map(({ name, value = '' }) => [name, value])),
    user: spec.securityContext?.runAsUser ?? 0,
    minor: minor === undefined ? undefined : Number(minor),
  };
}

/** The last `ExecStart=` of a unit and its drop-ins. */
function unitWords(root: NodeRoot, component: string): readonly string[] | undefined {
  const unit = `/etc/systemd/system/${component}.service`;
  const texts = [unit, ...root.list(`${unit}.d`)].map((path) => root.read(path) ?? '');
  const last = texts.flatMap((text) => [...text.matchAll(/^ExecStart=(\S.*)$/gm)]).at(-1);
  return last?.[1]?.split(/\s+/).slice(1);
}

function kubeadmWords(root: NodeRoot, component: string): readonly string[] | undefined {
  if (component !== 'kubelet' || root.stat('/var/lib/kubelet/config.yaml') === undefined) return undefined;
  const [, more = ''] =
    /^KUBELET_KUBEADM_ARGS="(.*)"$/m.exec(root.read('/var/lib/kubelet/kubeadm-flags.env') ?? '') ?? [];
  return [...kubeadmKubelet, ...more.split(' ')].filter((word) => word !== '');
}

/**
 * Every value that a flag is given, in order; empty where it is not there. `_` is `-` but for etcd, which takes one dash
 * or two. A flag without a value is `true`.
 */
export function flagValues({ component, words }: CommandLine, flag: string, valueType: string): readonly string[] {
  const found: string[] = [];
  for (const [index, word] of words.entries()) {
    const [, dashes, written = '', value] = /^(--?)([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (dashes === undefined || (dashes === '-' && component !== 'etcd')) continue;
    const name = component === 'etcd' ? written : written.replaceAll('_', '-');
    if (`--${name}` !== flag) continue;
    found.push(value ?? (valueType === 'bool' ? 'true' : (words[index + 1] ?? '')));
  }
  return found;
}
