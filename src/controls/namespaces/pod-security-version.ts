import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace, namespaces } from './whole-cluster.ts';

const enforce = 'pod-security.kubernetes.io/enforce';
const version = `${enforce}-version`;

/** Source: Kubernetes documentation, Pod Security admission: pinning the version of the policy. */
export default control({
  id: 'namespaces/pod-security-version',
  title: 'The level of Pod Security is that of a version',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Levels grow with Kubernetes: after an upgrade, pods are refused that were taken before.',
  remedy:
    'Set pod-security.kubernetes.io/enforce-version to the version of the cluster, and raise it after looking at the warnings.',
  check: ({ object }) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    const level = valueAt(object.value, ['metadata', 'labels', enforce]);
    if (typeof level !== 'string' || level === 'privileged') return notApplicable('no level is enforced in it');
    const at = ['metadata', 'labels', version];
    const pinned = valueAt(object.value, at);
    if (typeof pinned === 'string' && pinned !== 'latest') return pass;
    return fail(`namespace ${object.name} enforces ${level} as the newest version of Kubernetes has it`, at);
  },
  examples: {
    fail: [labelled(`${enforce}: restricted`), labelled(`${enforce}: baseline, ${version}: latest`)],
    pass: [
      labelled(`${enforce}: restricted, ${version}: v1.34`),
      labelled(`${enforce}: privileged`) + `---\n${labelled(`${enforce}: baseline, ${version}: v1.34`)}`,
    ],
  },
});

function labelled(labels: string): string {
  return namespaces('shop').replace('{name: shop}', `{name: shop, labels: {${labels}}}`);
}
