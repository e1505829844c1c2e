import type { Facts } from '../../facts/facts.ts';
import type { Setting } from '../../model/component.ts';
import { isList } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Failure, Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control, type Mend } from '../control.ts';
import { file, staticPod } from '../node-examples.ts';

/** A requirement of the API server that is about more than one setting. */
export interface ServerRow
  extends Omit<ControlDefinition<'component'>, 'id' | 'subject' | 'component' | 'check' | 'mend'> {
  /** Last part of the control's id. */
  readonly name: string;
  readonly check: (server: NodeComponent, facts: Facts) => Verdict | readonly Failure[];
  readonly mend?: Omit<Mend<'component'>, 'changes' | 'refusal'> & {
    readonly changes: (server: NodeComponent) => ReturnType<Mend<'component'>['changes']>;
    readonly refusal?: (server: NodeComponent, facts: Facts) => string | undefined;
  };
}

/** The controls of the API server, from a table: each is asked of API servers alone. */
export function serverControls(rows: readonly ServerRow[]): readonly Control<'component'>[] {
  return rows.map(({ name, check, mend, ...rest }) =>
    control({
      ...rest,
      id: `kube-apiserver/${name}`,
      subject: 'component',
      component: 'kube-apiserver',
      check: ({ component }, facts) => check(component, facts),
      ...(mend !== undefined && {
        mend: {
          ...mend,
          changes: ({ component }) => mend.changes(component),
          refusal: ({ component }, _failure, facts) => mend.refusal?.(component, facts),
        },
      }),
    }),
  );
}

/** A setting as text; empty where it is not set, or this version has none. */
export function textOf(server: NodeComponent, name: string): string {
  const value = server.config.get(name)?.value;
  return typeof value === 'string' ? value : '';
}

/** The texts of a setting that is a list. */
export function listOf(server: NodeComponent, name: string): readonly string[] {
  const value = server.config.get(name)?.value;
  return isList(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Whether a setting that is a text or a list says anything. */
export function isSet(server: NodeComponent, name: string): boolean {
  return textOf(server, name) !== '' || listOf(server, name).length > 0;
}

/** A setting that the version has; where it is only blamed, one that says that there is none. */
export function settingOf(server: NodeComponent, name: string): Setting {
  return server.config.get(name) ?? { name, value: null, origin: { kind: 'default', of: 'this version' } };
}

/** Whether the server is at least of a minor version; one that is not known is taken for the newest. */
export function isSince(server: NodeComponent, minor: number): boolean {
  return server.config.minor === undefined || server.config.minor >= minor;
}

/** The path where the server would find a file that kubeadm puts there; undefined where it is not, or not mounted. */
export function kubeadmFile(server: NodeComponent, path: string): string | undefined {
  const onNode = server.onNode(path);
  return onNode !== undefined && server.evidence?.files.some((file) => file.path === onNode) === true
    ? path
    : undefined;
}

/** The certificate that kubeadm puts there beside its key, where both are and `setting` does not name another. */
export function kubeadmPair(server: NodeComponent, setting: string, name: string): string | undefined {
  if (isSet(server, setting)) return undefined;
  const key = kubeadmFile(server, `/etc/kubernetes/pki/${name}.key`);
  return key === undefined ? undefined : kubeadmFile(server, `/etc/kubernetes/pki/${name}.crt`);
}

/** An example: files that kubeadm puts on a node, as the node has them. */
export function kubeadmFiles(...names: readonly string[]): string {
  return names.map((name) => file(`/etc/kubernetes/pki/${name}`, '')).join('');
}

/** An example: the static pod of an API server with these arguments. */
export function apiServer(...args: readonly string[]): string {
  return staticPod('kube-apiserver', args);
}

/** An example of another version: `1.20` is `v1.20.2`. */
export function apiServerOf(version: string, ...args: readonly string[]): string {
  return staticPod('kube-apiserver', args, `v${version}.2`);
}
