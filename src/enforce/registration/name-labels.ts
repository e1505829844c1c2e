import { Reader } from '../../model/reader.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { metadataNameLabel } from './names.ts';
import type { RegisteredHook } from './registered.ts';

/** A namespace whose label `kubernetes.io/metadata.name` is not its name, and the hooks go by it. */
export interface WrongLabel {
  readonly namespace: string;
  readonly problem: string;
  /** Whether the namespace ought to be exempt and is not, or is exempt and ought not to be. */
  readonly effect: 'judged' | 'exempt';
}

export interface NameLabels {
  /** Namespaces that are never sent. */
  readonly exempt: readonly string[];
  readonly labelSetBy: 'server' | 'users';
}

/** By which labels the registered hooks leave namespaces out: they have a guard where users set those. */
export function nameLabelsOf(hooks: readonly RegisteredHook[]): NameLabels {
  const isGuarded = hooks.some(({ name }) => name.startsWith('guard.'));
  return {
    exempt: [...new Set(hooks.flatMap(({ exempt }) => exempt))],
    labelSetBy: isGuarded ? 'users' : 'server',
  };
}

/**
 * Namespaces that are exempt by a label which they do not carry, and such as carry the label of one that is. Servers
 * before 1.21 leave the label to users. Throws `ApiError`.
 */
export async function wrongLabels(api: KubeApi, { exempt, labelSetBy }: NameLabels): Promise<readonly WrongLabel[]> {
  if (labelSetBy === 'server' || exempt.length === 0) return [];
  const wrong: WrongLabel[] = [];
  for (const namespace of exempt) {
    const found = await api.find(`/api/v1/namespaces/${namespace}`);
    if (found === undefined) continue;
    const label = new Reader(found, [], []).object('metadata').object('labels').string(metadataNameLabel);
    if (label === namespace) continue;
    const problem = `namespace ${namespace} has no label ${metadataNameLabel}=${namespace}, by which it is exempt`;
    wrong.push({ namespace, problem, effect: 'judged' });
  }
  const selector = encodeURIComponent(`${metadataNameLabel} in (${exempt.join()})`);
  const list = new Reader(await api.get(`/api/v1/namespaces?labelSelector=${selector}`), [], []);
  for (const item of list.objects('items')) {
    const metadata = item.object('metadata');
    const namespace = metadata.string('name');
    const label = metadata.object('labels').string(metadataNameLabel);
    if (namespace === undefined || namespace === label || exempt.includes(namespace)) continue;
    const problem = `namespace ${namespace} carries the label ${metadataNameLabel}=${label}, and is exempt by it`;
    wrong.push({ namespace, problem, effect: 'exempt' });
  }
  return wrong;
}
