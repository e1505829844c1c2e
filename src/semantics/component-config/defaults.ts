import type { ResolvedComponent } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';
import { resolveComponent } from './resolve.ts';

const kubeletFile = '/config';
const emptyKubeletFile = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

/**
 * The defaults of a component like this one: of its version, and of a kubelet with a configuration file where it has
 * one, since those differ. By name; undefined where the version has no such setting, `null` where it is not known.
 */
export function defaultsLike(resolved: ResolvedComponent): (name: string) => Json | undefined {
  const { component, minor } = resolved;
  const config = component === 'kubelet' ? resolved.get('config')?.value : undefined;
  const hasFile = typeof config === 'string' && config !== '';
  const defaults = resolveComponent({
    component,
    args: hasFile ? [{ text: `--config=${kubeletFile}`, where: '' }] : [],
    readFile: (path) => (path === kubeletFile ? emptyKubeletFile : undefined),
    ...(minor !== undefined && { minor }),
  });
  return (name) => (name === 'config' ? '' : defaults.get(name)?.value);
}
