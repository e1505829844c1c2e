import { formatPath } from '../../model/path.ts';
import {
  type AskedRequests,
  bodyLogged,
  credentialBodies,
  describeRequest,
  type LintRule,
  lintAuditPolicy,
} from '../../semantics/audit-policy/index.ts';
import { file } from '../node-examples.ts';
import {
  eachFound,
  failedLogin,
  judgePolicy,
  judgeRules,
  nameOf,
  ruleFailure,
  silentOf,
} from './audit-policy-verdicts.ts';
import { documentFailure } from './named-file.ts';
import { apiServer, apiServerOf, serverControls } from './server-control.ts';

const withRules = (...rules: readonly string[]): string =>
  apiServer('--audit-policy-file=/etc/kubernetes/audit.yaml') + policyFile(...rules);

const policyFile = (...rules: readonly string[]): string =>
  file(
    '/etc/kubernetes/audit.yaml',
    `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n${rules.map((rule) => `- ${rule}\n`).join('')}`,
  );

const everything = '{level: Metadata}';
const credentials =
  '{level: Metadata, resources: [{group: "", resources: [secrets, configmaps, serviceaccounts/token]}, {group: authentication.k8s.io, resources: [tokenreviews]}]}';
const covered = ['kube-apiserver/audit-policy-file'];

const reads = ['get', 'list', 'watch'];
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const all = [...reads, ...writes];
const rbac = 'rbac.authorization.k8s.io';

/** Of the requests whose bodies hold credentials, those that every cluster has. */
const secretBodies = credentialBodies.filter(({ group }) => group === '' || group === 'authentication.k8s.io');

/** What "lint" finds of rules that match nothing, or never decide. */
const deadRules: ReadonlySet<LintRule> = new Set<LintRule>([
  ...(['unreachable-rule', 'never-matches', 'no-wildcard', 'wrong-group', 'unknown-group'] as const),
  ...(['unknown-resource', 'unknown-verb', 'cluster-scoped', 'resource-path'] as const),
]);

/**
 * What the audit policy records, found by asking it about requests, with the rules in their order. Sources: CIS
 * Kubernetes Benchmark 1.12, 3.2.2; KEP-22; kubernetes/kubernetes#102040 for the bodies of tokens.
 */
export default serverControls([
  {
    name: 'audit-policy-valid',
    title: 'The audit policy is one that the API server loads',
    severity: 'high',
    why: 'The API server does not start with a policy that it refuses. A field that it does not know is left out, and the rule then says something else.',
    coveredBy: covered,
    check: (server, facts) =>
      judgePolicy(server, facts, ({ problems }, document) =>
        problems.slice(0, 20).map(({ path, message, ignored }) => {
          const outcome = ignored ? '' : ', and the server does not start';
          return documentFailure(document, path, { message: `${message}${outcome}`, key: formatPath(path) });
        }),
      ),
    examples: {
      fail: [
        apiServer(),
        withRules('{level: Everything}'),
        withRules('{level: Request, resources: [{group: "", resource: [pods]}]}'),
        apiServerOf('1.35', '--audit-policy-file=/etc/kubernetes/audit.yaml') +
          policyFile('{level: Metadata, resources: [{group: "*"}]}'),
      ],
      pass: [withRules(everything)],
    },
  },
  {
    name: 'audit-policy-secrets',
    title: 'The audit policy records who reads and changes Secrets',
    severity: 'medium',
    why: 'Secrets are what a break-in is after: without a record nobody can say which were read.',
    remedy: 'Add a rule of level Metadata for secrets before the rules that leave requests out.',
    coveredBy: covered,
    check: (server, facts) => silentOf(server, facts, [{ group: '', resource: 'secrets', verbs: all }]),
    examples: {
      fail: [
        apiServer(),
        withRules('{level: Metadata, verbs: [create, update, patch, delete]}'),
        withRules('{level: None, userGroups: [system:serviceaccounts]}', everything),
        withRules(
          '{level: Metadata, resources: [{group: "", resources: [secrets]}], verbs: [get, list, watch, create, update, patch, delete]}',
        ),
      ],
      pass: [withRules(everything), withRules('{level: None, users: [system:kube-proxy]}', everything)],
    },
  },
  {
    name: 'audit-policy-changes',
    title: 'The audit policy records changes of workloads',
    severity: 'medium',
    why: 'Whoever can start a pod has its service account and its node: such changes are how a break-in goes on.',
    remedy: 'Add a rule of level Metadata or more for pods and for the group apps.',
    coveredBy: covered,
    check: (server, facts) =>
      silentOf(server, facts, [
        { group: '', resource: 'pods', verbs: writes },
        { group: 'apps', resource: 'deployments', verbs: writes },
        { group: 'apps', resource: 'daemonsets', verbs: writes },
      ]),
    examples: {
      fail: [apiServer(), withRules('{level: Request, resources: [{group: "", resources: [pods, deployments]}]}')],
      pass: [
        withRules('{level: Request, resources: [{group: "", resources: [pods]}, {group: apps}]}'),
        withRules(everything),
      ],
    },
  },
  {
    name: 'audit-policy-connections',
    title: 'The audit policy records who connects to pods and nodes',
    severity: 'medium',
    why: 'A shell in a container and a tunnel to a service are not seen in any object: the audit log is their only trace. kubectl asks for them with get since v1.31, and with create before.',
    remedy:
      'Add a rule of level Metadata for pods/exec, pods/attach, pods/portforward, pods/proxy, services/proxy and nodes/proxy, for all verbs.',
    coveredBy: covered,
    check: (server, facts) =>
      silentOf(
        server,
        facts,
        ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'].map((name) => {
          const [resource = '', subresource = ''] = name.split('/');
          const asked: AskedRequests = { group: '', resource, subresource, verbs: ['get', 'create'] };
          return resource === 'nodes' ? { ...asked, clusterScoped: true } : asked;
        }),
      ),
    examples: {
      fail: [
        apiServer(),
        withRules('{level: RequestResponse, resources: [{group: "", resources: [pods]}]}'),
        withRules('{level: Metadata, verbs: [create]}'),
      ],
      pass: [
        withRules(everything),
        withRules('{level: Metadata, resources: [{group: "", resources: [pods/*, services/*, nodes/*]}]}'),
      ],
    },
  },
  {
    name: 'audit-policy-rbac',
    title: 'The audit policy records changes of roles and bindings',
    severity: 'medium',
    why: 'A binding is how someone who is in stays in, with more rights than before.',
    remedy: 'Add a rule of level RequestResponse for the group rbac.authorization.k8s.io.',
    coveredBy: covered,
    check: (server, facts) =>
      silentOf(
        server,
        facts,
        ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map((resource) => ({
          group: rbac,
          resource,
          verbs: writes,
          ...(resource.startsWith('cluster') && { clusterScoped: true as const }),
        })),
      ),
    examples: {
      fail: [apiServer(), withRules(`{level: RequestResponse, resources: [{resources: [roles, rolebindings]}]}`)],
      pass: [withRules(everything), withRules(`{level: RequestResponse, resources: [{group: ${rbac}}]}`)],
    },
  },
  {
    name: 'audit-policy-bodies',
    title: 'The audit policy keeps credentials out of the log',
    severity: 'high',
    why: 'Bodies of Secrets, ConfigMaps and tokens hold credentials: whoever reads the log, or the place that it is shipped to, can use them.',
    remedy:
      'Put a rule of level Metadata for secrets, configmaps, serviceaccounts/token and tokenreviews before every rule of level Request or RequestResponse.',
    coveredBy: covered,
    check: (server, facts) =>
      judgePolicy(server, facts, ({ policy }, document) =>
        eachFound(secretBodies, (asked) => bodyLogged(policy, asked)).map(({ asked, found }) =>
          ruleFailure(document, found, {
            message: `the body of ${describeRequest(found.request)} is logged (level ${found.decision.level})`,
            key: nameOf(asked),
          }),
        ),
      ),
    examples: {
      fail: [
        apiServer(),
        withRules('{level: RequestResponse}'),
        withRules('{level: Request, users: [admin]}', credentials, everything),
        withRules(
          '{level: Metadata, resources: [{group: "", resources: [secrets, configmaps]}]}',
          '{level: RequestResponse, resources: [{group: ""}]}',
        ),
      ],
      pass: [withRules(everything), withRules(credentials, '{level: RequestResponse}')],
    },
  },
  {
    name: 'audit-policy-failed-logins',
    title: 'The audit policy records requests that nobody was authenticated for',
    severity: 'low',
    why: 'Guessed and stolen tokens show as refused requests. They have no user and only the stage ResponseStarted: a rule for groups, or a policy that leaves the stage out, hides all of them.',
    remedy:
      'End the policy with a rule of level Metadata without users and groups, and omit only the stage RequestReceived.',
    coveredBy: covered,
    check: (server, facts) =>
      judgeRules(server, facts, (policy, document) => {
        const found = failedLogin(policy);
        return found === undefined
          ? []
          : [ruleFailure(document, found, { message: 'requests with wrong credentials are not logged' })];
      }),
    examples: {
      fail: [
        apiServer(),
        withRules('{level: Metadata, userGroups: [system:authenticated, system:unauthenticated]}'),
        withRules('{level: Metadata, omitStages: [RequestReceived, ResponseStarted]}'),
      ],
      pass: [withRules(everything), withRules('{level: Metadata, omitStages: [RequestReceived]}')],
    },
  },
  {
    name: 'audit-policy-dead-rules',
    title: 'Every rule of the audit policy can match a request',
    severity: 'low',
    why: 'A rule that never matches is a mistake of whoever wrote it: what it was meant for is logged otherwise, or not at all.',
    coveredBy: covered,
    check: (server, facts) =>
      judgePolicy(server, facts, (_, document) =>
        lintAuditPolicy(document.value, { minor: server.config.minor })
          .findings.filter(({ rule, severity }) => deadRules.has(rule) && severity === 'warning')
          .slice(0, 20)
          .map(({ path, message }) => documentFailure(document, path, { message, key: formatPath(path) })),
      ),
    examples: {
      fail: [
        apiServer(),
        withRules(everything, '{level: None, resources: [{group: "", resources: [events]}]}'),
        withRules('{level: Request, verbs: ["*"]}', everything),
        withRules('{level: Request, resources: [{group: "", resources: [deployments]}]}', everything),
      ],
      pass: [withRules('{level: None, users: [system:kube-proxy]}', everything)],
    },
  },
]);
