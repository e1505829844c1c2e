import type { Facts } from '../../facts/facts.ts';
import { isObject } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { Reader } from '../../model/reader.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { file } from '../node-examples.ts';
import { type DocumentOf, documentFailure, namedDocuments, notKnown } from './named-file.ts';
import { apiServer, serverControls } from './server-control.ts';

const withAuthorizers = (...lines: readonly string[]): string =>
  apiServer('--authorization-config=/etc/kubernetes/authz.yaml') +
  file(
    '/etc/kubernetes/authz.yaml',
    `apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
${lines.map((line) => `${line}\n`).join('')}`,
  );

const webhook = (policy: string, ...more: readonly string[]): readonly string[] => [
  '- type: Webhook',
  '  name: policy',
  '  webhook:',
  '    timeout: 3s',
  '    subjectAccessReviewVersion: v1',
  '    matchConditionSubjectAccessReviewVersion: v1',
  `    failurePolicy: ${policy}`,
  '    connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/kubernetes/policy.conf}',
  ...more.map((line) => `    ${line}`),
];

const rbac = ['- {type: RBAC, name: rbac}'];

/** An AuthorizationConfiguration and its webhooks. Source: KEP-3221; pkg/apis/apiserver/validation/validation.go. */
export default serverControls([
  {
    name: 'authorization-config',
    title: 'The authorizers of the API server are configured as it loads them',
    severity: 'high',
    why: 'The API server does not start with a configuration that it refuses; while it runs, it keeps the one from before.',
    check: (server, facts) => eachAuthorizer(server, facts, problemsOf),
    examples: {
      fail: [
        withAuthorizers('- {type: RABC, name: a}'),
        withAuthorizers(...webhook('Ignore'), ...rbac),
        withAuthorizers(...rbac, ...rbac),
        withAuthorizers('- {type: Webhook, name: w, webhook: {failurePolicy: Deny}}'),
      ],
      pass: [withAuthorizers('- {type: Node, name: node}', ...rbac), withAuthorizers(...webhook('Deny'), ...rbac)],
    },
  },
  {
    name: 'authorization-webhook-failure',
    title: 'An authorization webhook that cannot be reached denies the request',
    severity: 'medium',
    why: 'With NoOpinion, the next authorizer decides alone while the webhook is away: whoever can take it away gets around what it forbids.',
    remedy: 'Set failurePolicy: Deny, with matchConditions that leave out what the cluster needs to heal itself.',
    check: (server, facts) => eachAuthorizer(server, facts, failurePolicyOf),
    examples: {
      fail: [withAuthorizers(...webhook('NoOpinion'), ...rbac)],
      pass: [
        withAuthorizers(...webhook('Deny'), ...rbac),
        withAuthorizers(...rbac, ...webhook('NoOpinion')),
        withAuthorizers(...webhook('Deny', 'matchConditions: [{expression: "request.user != \'x\'"}]'), ...rbac),
      ],
    },
  },
  {
    name: 'authorization-webhook-ttl',
    title: 'An authorization webhook is asked again within ten minutes',
    severity: 'low',
    why: 'While an answer is remembered, a right that was taken away is still there.',
    remedy: 'Set authorizedTTL of the webhook to five minutes or less.',
    check: (server, facts) =>
      eachAuthorizer(server, facts, ({ webhook: hook, name }, { document }) => {
        const ttl = hook.string('authorizedTTL') ?? '';
        if ((durationSeconds(ttl) ?? 0) <= 600) return [];
        const message = `authorizer ${name} is remembered for ${ttl}`;
        return [documentFailure(document, hook.at('authorizedTTL'), { message, key: name })];
      }),
    examples: {
      fail: [withAuthorizers(...webhook('Deny', 'authorizedTTL: 1h'), ...rbac)],
      pass: [withAuthorizers(...webhook('Deny', 'authorizedTTL: 5m'), ...rbac)],
    },
  },
]);

interface Authorizer {
  readonly name: string;
  readonly type: string;
  readonly reader: Reader;
  readonly webhook: Reader;
}

interface AuthorizersFile {
  readonly document: DocumentOf;
  readonly authorizers: readonly Authorizer[];
  readonly byName: ReadonlyMap<string, readonly Authorizer[]>;
  readonly byType: ReadonlyMap<string, readonly Authorizer[]>;
}

function eachAuthorizer(
  server: NodeComponent,
  facts: Facts,
  judge: (authorizer: Authorizer, file: AuthorizersFile) => readonly (Failure | Verdict)[],
): Verdict | readonly Failure[] {
  const document = facts.get(namedDocuments)(server, 'authorization-config');
  if (document.kind === 'unset') return notApplicable('there is no AuthorizationConfiguration');
  if (document.kind === 'unusable') return judge === problemsOf ? document.verdict : notKnown(document.verdict);
  const { value } = document;
  const readers = isObject(value) ? new Reader(value, [], []).objects('authorizers') : [];
  if (readers.length === 0) {
    const message = 'the file names no authorizers, and the server does not load it';
    return judge === problemsOf
      ? documentFailure(document, ['authorizers'], { message })
      : notApplicable('the AuthorizationConfiguration names no authorizers');
  }
  const authorizers = readers.map((reader) => ({
    name: reader.string('name') ?? '',
    type: reader.string('type') ?? '',
    reader,
    webhook: reader.object('webhook'),
  }));
  const byName = grouped(authorizers, 'name');
  const byType = grouped(authorizers, 'type');
  const failures: Failure[] = [];
  let open: Verdict | undefined;
  for (const authorizer of authorizers) {
    for (const verdict of judge(authorizer, { document, authorizers, byName, byType })) {
      if (verdict.kind === 'fail') failures.push(verdict);
      else open ??= verdict;
    }
  }
  return failures.length === 0 && open !== undefined ? open : failures;
}

function grouped(authorizers: readonly Authorizer[], by: 'name' | 'type'): ReadonlyMap<string, readonly Authorizer[]> {
  const groups = new Map<string, Authorizer[]>();
  for (const authorizer of authorizers) {
    const group = groups.get(authorizer[by]);
    if (group === undefined) groups.set(authorizer[by], [authorizer]);
    else group.push(authorizer);
  }
  return groups;
}

const types: ReadonlySet<string> = new Set(['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Node', 'RBAC', 'Webhook']);

function problemsOf(
  { name, type, reader, webhook: hook }: Authorizer,
  { document, byName, byType }: AuthorizersFile,
): Failure[] {
  const failures: Failure[] = [];
  const says = (what: string, field: string, from = reader): void => {
    const message = `authorizer ${name || type} ${what}, and the server does not load it`;
    failures.push(documentFailure(document, from.at(field), { message, key: `${name} ${field}` }));
  };
  if (!types.has(type)) says(`has the unknown type ${type || '(none)'}`, 'type');
  const namesakes = byName.get(name) ?? [];
  if (name !== '' && namesakes[0]?.reader === reader && namesakes.length > 1)
    says('is not the only one of its name', 'name');
  const alike = byType.get(type) ?? [];
  if (type !== 'Webhook' && alike[0]?.reader === reader && alike.length > 1 && namesakes.length === 1)
    says(`is not the only one of type ${type}`, 'type');
  if (type !== 'Webhook') return failures;
  const policy = hook.string('failurePolicy') ?? '';
  if (policy !== 'Deny' && policy !== 'NoOpinion')
    says(`has the failurePolicy ${policy || '(none)'}`, 'failurePolicy', hook);
  const timeout = durationSeconds(hook.string('timeout') ?? '');
  if (timeout === undefined || timeout <= 0 || timeout > 30) says('has no timeout between 0 and 30s', 'timeout', hook);
  const version = hook.string('subjectAccessReviewVersion');
  if (version !== 'v1' && version !== 'v1beta1')
    says('has no subjectAccessReviewVersion', 'subjectAccessReviewVersion', hook);
  const connection = hook.object('connectionInfo');
  const way = connection.string('type');
  if (way !== 'KubeConfigFile' && way !== 'InClusterConfig') says('has no connectionInfo', 'connectionInfo', hook);
  if (way === 'KubeConfigFile' && !connection.string('kubeConfigFile'))
    says('names no kubeConfigFile', 'connectionInfo', hook);
  return failures;
}

function failurePolicyOf(
  { name, type, reader, webhook: hook }: Authorizer,
  file: AuthorizersFile,
): (Failure | Verdict)[] {
  if (type !== 'Webhook' || file.authorizers.at(-1)?.reader === reader) return [];
  if (hook.string('failurePolicy') === 'NoOpinion') {
    const message = `authorizer ${name} leaves the decision to those after it while it cannot be reached`;
    return [documentFailure(file.document, hook.at('failurePolicy'), { message, key: name })];
  }
  if (hook.objects('matchConditions').length === 0) return [];
  const reason = `authorizer ${name} is asked only about requests that meet its matchConditions: whether what they leave out is harmless must be read`;
  return [{ kind: 'manual', reason }];
}
