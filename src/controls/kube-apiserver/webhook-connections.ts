import type { Facts } from '../../facts/facts.ts';
import { isObject } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { Reader } from '../../model/reader.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { file } from '../node-examples.ts';
import { type DocumentOf, documentFailure, namedDocuments, notKnown, readDocument } from './named-file.ts';
import { apiServer, serverControls } from './server-control.ts';

const flags = [
  'audit-webhook-config-file',
  'authentication-token-webhook-config-file',
  'authorization-webhook-config-file',
];

const cluster = (text: string): string =>
  apiServer('--audit-webhook-config-file=/etc/kubernetes/hook.conf') +
  file('/etc/kubernetes/hook.conf', `apiVersion: v1\nkind: Config\nclusters:\n- {name: hook, cluster: {${text}}}\n`);

/** Webhooks that the API server asks by a kubeconfig of its own. Source: staging/src/k8s.io/apiserver/pkg/util/webhook. */
export default serverControls([
  {
    name: 'webhook-connections',
    title: 'The API server reaches its webhooks over TLS that it verifies',
    severity: 'high',
    why: 'To the webhooks go the tokens of users and the audit log, and their answers say who is who and who may do what: someone in between reads and decides all of that.',
    remedy: 'Name the webhook with https:// and its CA in the kubeconfig, without insecure-skip-tls-verify.',
    check: connections,
    examples: {
      fail: [
        cluster('server: http://audit.example.com'),
        cluster('server: https://audit.example.com, insecure-skip-tls-verify: true'),
        apiServer('--authorization-config=/etc/kubernetes/authz.yaml') +
          file(
            '/etc/kubernetes/authz.yaml',
            'authorizers:\n- {type: Webhook, name: w, webhook: {connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/kubernetes/w.conf}}}\n',
          ) +
          file('/etc/kubernetes/w.conf', 'clusters:\n- {name: w, cluster: {server: "http://w"}}\n'),
      ],
      pass: [cluster('server: https://audit.example.com, certificate-authority: /etc/kubernetes/hook-ca.crt')],
    },
  },
]);

function connections(server: NodeComponent, facts: Facts): Verdict | readonly Failure[] {
  const read = facts.get(namedDocuments);
  const documents = [...flags.map((flag) => read(server, flag)), ...authorizers(server, facts)];
  const failures: Failure[] = [];
  let open: Verdict | undefined;
  let asked = 0;
  for (const document of documents) {
    if (document.kind === 'unset') continue;
    asked += 1;
    if (document.kind === 'unusable') open ??= notKnown(document.verdict);
    else failures.push(...clusterFailures(document));
  }
  if (asked === 0) return notApplicable('it asks no webhook by a kubeconfig');
  return failures.length === 0 && open !== undefined ? open : failures;
}

/** Kubeconfigs that an AuthorizationConfiguration names. */
function* authorizers(server: NodeComponent, facts: Facts): Iterable<ReturnType<typeof readDocument>> {
  const document = facts.get(namedDocuments)(server, 'authorization-config');
  if (document.kind !== 'document' || !isObject(document.value)) return;
  for (const authorizer of new Reader(document.value, [], []).objects('authorizers')) {
    const path = authorizer.object('webhook').object('connectionInfo').string('kubeConfigFile') ?? '';
    if (path !== '') yield readDocument(server, document.setting, path);
  }
}

function clusterFailures(document: DocumentOf): Failure[] {
  if (!isObject(document.value)) return [];
  const failures: Failure[] = [];
  for (const entry of new Reader(document.value, [], []).objects('clusters')) {
    const cluster = entry.object('cluster');
    const url = cluster.string('server') ?? '';
    const says = (field: string, message: string): void => {
      const key = `${document.path} ${entry.string('name') ?? ''} ${field}`;
      failures.push(documentFailure(document, cluster.at(field), { message, key }));
    };
    if (!/^https:\/\//i.test(url)) says('server', `the webhook at ${url || '(no server)'} is not reached over TLS`);
    if (cluster.boolean('insecure-skip-tls-verify') === true)
      says('insecure-skip-tls-verify', `the certificate of the webhook at ${url} is not verified`);
  }
  return failures;
}
