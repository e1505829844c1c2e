import type { Facts } from '../../facts/facts.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Reader } from '../../model/reader.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { pluginConfiguration } from '../kube-apiserver/admission-config.ts';
import { type DocumentOf, documentFailure } from '../kube-apiserver/named-file.ts';
import { apiServer, listOf } from '../kube-apiserver/server-control.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { file } from '../node-examples.ts';

/** Users whose pods are made for others: whoever may write a Deployment makes pods in their name. */
const controllers =
  /^system:serviceaccount:kube-system:[a-z-]+-controller$|^system:kube-controller-manager$|^system:serviceaccount:kube-system:(?:job|replicaset|daemon-set|statefulset)/;

/** Source: Kubernetes documentation, Pod Security admission, exemptions. */
export default control({
  id: 'admission/pod-security-exemptions',
  title: 'Pod Security makes exemptions for the cluster itself alone',
  severity: 'medium',
  subject: 'component',
  component: 'kube-apiserver',
  why: 'What is exempt is not looked at by any level, and shows on no namespace. An exempt controller makes pods for everybody who may write what it controls.',
  remedy:
    'Take the exemption out of the AdmissionConfiguration, and label the namespace with the level that its pods need.',
  check: ({ component }, facts) => judge(component, facts),
  examples: {
    fail: [
      exempting('usernames: ["system:serviceaccount:kube-system:replicaset-controller"]'),
      exempting('namespaces: [kube-system, shop]'),
      exempting('runtimeClasses: [gvisor]'),
    ],
    pass: [exempting('namespaces: [kube-system]'), exempting('usernames: []')],
  },
});

function judge(server: NodeComponent, facts: Facts): Verdict | readonly Failure[] {
  if (!listOf(server, 'admission-plugins').includes('PodSecurity')) return notApplicable('PodSecurity does not run');
  const found = pluginConfiguration(server, facts, 'PodSecurity');
  // Without a configuration there are no exemptions.
  if ('kind' in found) return found.kind === 'fail' ? notApplicable('PodSecurity has no configuration') : found;
  const { document, reader } = found;
  return exemptions(document, reader.object('exemptions'));
}

function exemptions(document: DocumentOf, reader: Reader): readonly Failure[] {
  const failures: Failure[] = [];
  for (const name of reader.strings('usernames')) {
    const isController = controllers.test(name);
    const more = isController ? ', which makes pods for everybody who may write its objects' : '';
    failures.push(
      documentFailure(document, reader.at('usernames'), {
        message: `Pod Security looks at no pod of ${name}${more}`,
        key: `user ${name}`,
        ...(isController && { severity: 'high' as const }),
      }),
    );
  }
  for (const name of reader.strings('namespaces')) {
    if (isSystemNamespace(name)) continue;
    const message = `Pod Security looks at no pod of namespace ${name}`;
    failures.push(documentFailure(document, reader.at('namespaces'), { message, key: `namespace ${name}` }));
  }
  for (const name of reader.strings('runtimeClasses')) {
    const message = `Pod Security looks at no pod that names runtime class ${name}, which its author chooses`;
    failures.push(documentFailure(document, reader.at('runtimeClasses'), { message, key: `class ${name}` }));
  }
  return failures;
}

function exempting(exemption: string): string {
  return (
    apiServer(
      '--enable-admission-plugins=PodSecurity',
      '--admission-control-config-file=/etc/kubernetes/admission.yaml',
    ) +
    file(
      '/etc/kubernetes/admission.yaml',
      `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    exemptions: {${exemption}}
`,
    )
  );
}
