import { serverVersion } from '../../facts/cluster-version.ts';
import type { Pod, Volume } from '../../model/pod.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

const field = ['securityContext', 'supplementalGroupsPolicy'] as const;
const tooOld = notApplicable('supplementalGroupsPolicy is not there before Kubernetes 1.33');

export default control({
  id: 'pods/supplemental-groups-policy',
  title: 'Containers get no groups from /etc/group of their image',
  severity: 'low',
  subject: 'pod',
  why: 'Unless the policy is Strict, the user of a container is also in every group that the image puts it in: whoever builds the image decides which files of shared volumes it may use, and nothing in the pod shows it.',
  remedy:
    'Set supplementalGroupsPolicy: Strict, where the API server is v1.33 or newer and the runtime knows it (containerd 2.0, CRI-O 1.31): older ones refuse the pod.',
  check: ({ pod }, facts) => {
    const policy = pod.securityContext.supplementalGroupsPolicy;
    if (policy === 'Strict' || !choosesUser(pod)) return pass;
    if (pod.os === 'windows') return notOnWindows;
    if (policy === undefined && !dependsOnGroups(pod)) return pass;
    const server = facts.get(serverVersion);
    if (server !== undefined && server.minor < 33) return tooOld;
    return fail('the pod sets runAsUser but not supplementalGroupsPolicy: Strict', pod.at(...field));
  },
  examples: {
    fail: [
      inPod('securityContext: { runAsUser: 1000, supplementalGroupsPolicy: Merge }'),
      inPod('securityContext: { runAsUser: 1000, supplementalGroups: [2000] }'),
      inPod(`volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
initContainers: [{ name: setup, securityContext: { runAsUser: 1000 } }]`),
    ],
    pass: [
      inPod('securityContext: { runAsUser: 1000, fsGroup: 2000, supplementalGroupsPolicy: Strict }'),
      inPod('securityContext: { fsGroup: 2000 }'),
      inPod('securityContext: { runAsUser: 1000, fsGroup: 2000 }'),
      // Nothing in this pod belongs to a group that the image could name.
      inContainer('securityContext: { runAsUser: 1000 }'),
    ],
  },
});

function choosesUser(pod: Pod): boolean {
  for (const container of pod.containers) if (container.effective.runAsUser !== undefined) return true;
  return false;
}

/** Whether the pod has files that come from outside it, or groups that someone chose. fsGroup alone is for such files. */
function dependsOnGroups(pod: Pod): boolean {
  return pod.securityContext.supplementalGroups.length > 0 || pod.volumes.some(isShared);
}

function isShared({ type }: Volume): boolean {
  return type === 'persistentVolumeClaim' || type === 'hostPath' || type === 'nfs';
}
