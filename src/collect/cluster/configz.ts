import { isObject, own } from '../../model/json.ts';
import type { Gap, KubeObject, PolicyRule } from '../../model/snapshot.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { forEachLimited } from './concurrency.ts';
import { requestGap } from './gaps.ts';

/** What reading a kubelet's configuration through the API server takes. It also lets one run commands in its pods. */
const rule: PolicyRule = { apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] };

const concurrency = 4;

export interface Configz {
  /** The objects as given, each Node whose kubelet answered with its configuration as `status.kubeletconfig`. */
  readonly objects: readonly KubeObject[];
  readonly gaps: readonly Gap[];
}

/**
 * Asks the kubelet of every Node for the configuration that is in force, through the API server. After one refusal the
 * others are not asked: the right is for all nodes or for none.
 */
export async function readConfigz(client: ApiClient, objects: readonly KubeObject[]): Promise<Configz> {
  const nodes = objects.filter(({ kind, apiVersion }) => kind === 'Node' && apiVersion === 'v1');
  const answers = new Map<KubeObject, KubeObject>();
  const gaps: Gap[] = [];
  let refused = false;
  await forEachLimited(nodes, concurrency, async (node) => {
    if (refused) return;
    const path = `/api/v1/nodes/${encodeURIComponent(node.name)}/proxy/configz`;
    try {
      const { body } = await client.get(path);
      const configuration = own(body, 'kubeletconfig');
      if (!isObject(configuration)) throw new ApiError('interrupted', 'the kubelet answered without a configuration');
      const status = own(node.value, 'status');
      const value = { ...node.value, status: { ...(isObject(status) && status), kubeletconfig: configuration } };
      answers.set(node, { ...node, value });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 403 && refused) return;
      refused ||= error.status === 403;
      gaps.push(requestGap(error, path, rule));
    }
  });
  return { objects: objects.map((object) => answers.get(object) ?? object), gaps };
}
