import { isObject } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

/** The pods are judged by their image: `container-runtime/image-eol-component`. Source: Helm 2 to 3 migration. */
export default control({
  id: 'workloads/tiller',
  title: 'Nothing leads to Tiller, the server of Helm 2',
  severity: 'critical',
  subject: 'object',
  kinds: ['Service'],
  why: 'Tiller asks nobody who they are, and mostly is cluster-admin: every pod that reaches its port has the cluster. Nobody has maintained it since 2020.',
  remedy: 'Move releases with helm 2to3, then delete Deployment and Service tiller-deploy, and its ClusterRoleBinding.',
  check: ({ object }) => {
    if (groupKind(object) !== '/Service') return notApplicable('it is no Service');
    const selector = valueAt(object.value, ['spec', 'selector']);
    const isTiller = isObject(selector) && selector.app === 'helm' && selector.name === 'tiller';
    return isTiller ? fail(`Service ${object.name} leads to Tiller`, ['spec', 'selector']) : pass;
  },
  examples: { fail: [service('app: helm, name: tiller')], pass: [service('app: web')] },
});

function service(selector: string): string {
  return `apiVersion: v1
kind: Service
metadata: {name: tiller-deploy, namespace: kube-system}
spec: {ports: [{port: 44134}], selector: {${selector}}}
`;
}
