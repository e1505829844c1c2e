import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { classifyHostPath } from '../pods/host-path-class.ts';
import { volume } from './examples.ts';

/** Provisioners that make a folder for each claim on the node that they run on. */
const provisioners: ReadonlySet<string> = new Set([
  'rancher.io/local-path',
  'k8s.io/minikube-hostpath',
  'microk8s.io/hostpath',
  'docker.io/hostpath',
  'openebs.io/local',
]);

/** Pod Security looks at the volumes of pods, and not behind the claims that they name. */
export default control({
  id: 'storage/host-path-volume',
  title: 'PersistentVolumes are not folders of a node',
  severity: 'high',
  subject: 'object',
  kinds: ['PersistentVolume'],
  why: 'A pod that may only use claims gets the file system of a node by such a volume: Pod Security refuses hostPath in pods, and does not look behind a claim.',
  remedy: 'Use a CSI driver, or local volumes on file systems of their own, that pods of one namespace claim.',
  check: ({ object }) => {
    if (groupKind(object) !== '/PersistentVolume') return notApplicable('it is no PersistentVolume');
    for (const type of ['hostPath', 'local'] as const) {
      const source = valueAt(object.value, ['spec', type]);
      if (isObject(source)) return judge(object, type, own(source, 'path'));
    }
    return pass;
  },
  examples: {
    fail: [
      volume('hostPath: {path: /srv/data}'),
      volume('hostPath: {path: /}'),
      volume('local: {path: /etc}'),
      volume(
        'hostPath: {path: /opt/local-path-provisioner/a}',
        'pv.kubernetes.io/provisioned-by: rancher.io/local-path',
      ),
    ],
    pass: [volume('csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1}'), volume('local: {path: /mnt/disks/ssd1}')],
  },
});

function judge({ name, value }: KubeObject, type: 'hostPath' | 'local', given: unknown) {
  const path = typeof given === 'string' ? given : '';
  const at = ['spec', type, 'path'];
  const what = `PersistentVolume ${name} is ${path} of a node`;
  const provisioner = valueAt(value, ['metadata', 'annotations', 'pv.kubernetes.io/provisioned-by']);
  if (type === 'hostPath' && typeof provisioner === 'string' && provisioners.has(provisioner)) {
    return fail(`${what}, made by ${provisioner}`, at, { severity: 'low' });
  }
  if (classifyHostPath(path) !== 'other') return fail(what, at, { severity: 'critical' });
  if (type === 'local') return pass;
  return fail(what, at);
}
