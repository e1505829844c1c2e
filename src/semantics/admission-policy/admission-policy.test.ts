import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { AdmissionRequest, ClusterView } from '../../model/admission.ts';
import type { JsonObject } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type EvaluateOptions, loadAdmissionPolicies, loadWebhookConditions, type PolicyDecision } from './index.ts';

const group = 'admissionregistration.k8s.io/v1';

function object(apiVersion: string, kind: string, name: string, rest: JsonObject, namespace?: string): KubeObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const value: JsonObject = { apiVersion, kind, metadata, ...rest };
  return { apiVersion, kind, name, namespace, value, source: { file: 'test', document: 0, base: [] } };
}

/** A policy for pods, with what is given instead of its own fields. */
function policy(spec: string, name = 'p'): KubeObject {
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] }];
  const given = load(spec) as JsonObject;
  return object(group, 'ValidatingAdmissionPolicy', name, {
    spec: { matchConstraints: { resourceRules: rules }, ...given },
  });
}

function binding(spec = '{}', name = 'b', policyName = 'p'): KubeObject {
  const given = load(spec) as JsonObject;
  return object(group, 'ValidatingAdmissionPolicyBinding', name, {
    spec: { policyName, validationActions: ['Deny'], ...given },
  });
}

const pod: JsonObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { containers: [{ name: 'a', image: 'x.io/a' }] },
};

const request: AdmissionRequest = {
  uid: '1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  subResource: '',
  name: 'web',
  namespace: 'shop',
  operation: 'CREATE',
  userInfo: { username: 'jane', uid: '', groups: ['dev'], extra: new Map([['k', ['v']]]) },
  object: pod,
  oldObject: undefined,
  options: undefined,
  dryRun: false,
  value: {},
};

const limits = object('v1', 'ConfigMap', 'limits', { data: { max: '1' } }, 'shop');
const namespaces = new Map<string, JsonObject>([['shop', { metadata: { name: 'shop', labels: { env: 'prod' } } }]]);

const cluster: ClusterView = {
  namespace: (name) => namespaces.get(name),
  objects: (_group, kind) => (kind === 'ConfigMap' ? [limits] : []),
  unread: new Map([['example.com/Secretive', 'forbidden']]),
  serverMinor: 33,
};

async function decide(
  objects: readonly KubeObject[],
  change: Partial<AdmissionRequest> = {},
  options: EvaluateOptions = {},
): Promise<PolicyDecision> {
  const { policies, problems } = await loadAdmissionPolicies(objects, {});
  expect(problems.map(({ message }) => message)).toEqual([]);
  return policies.evaluate({ ...request, ...change }, cluster, options);
}

async function messages(spec: string, change: Partial<AdmissionRequest> = {}, options?: EvaluateOptions) {
  const { denials } = await decide([policy(spec), binding()], change, options);
  const prefix = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";
  return denials.map(({ message }) => message.replace(prefix, ''));
}

const never = 'validations: [{expression: "false", message: no}]';

describe('what a denial says', () => {
  it('is in the words of the API server, for every validation that fails', async () => {
    const spec = `validations:
      - {expression: "object.spec.containers.all(c, c.image.startsWith('y.io/'))", message: images come from y.io, reason: Forbidden}
      - {expression: "'team' in object.metadata.labels"}
      - {expression: "true"}`;
    const { denials, serverAnswer, allowed } = await decide([policy(spec), binding()]);
    expect(allowed).toBe(false);
    expect(denials).toEqual([
      {
        policy: 'ValidatingAdmissionPolicy p',
        message: "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: images come from y.io",
        code: 403,
        reason: 'Forbidden',
      },
      {
        policy: 'ValidatingAdmissionPolicy p',
        message:
          "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: 'team' in object.metadata.labels",
        code: 422,
        reason: 'Invalid',
      },
    ]);
    expect(serverAnswer).toBe(denials[0]);
  });

  it.each([
    ['the expression', `"'app ' + object.metadata.labels.app"`, 'app web'],
    ['trimmed', `"'  a  '"`, 'a'],
    ['the message where there is an error', `"'' + object.missing"`, 'fallback'],
    ['the message where it is empty', `"'  '"`, 'fallback'],
    ['the message where it has line breaks', String.raw`"'a\\nb'"`, 'fallback'],
    ['the message where it is too long', `"'${'a'.repeat(5200)}'"`, 'fallback'],
    ['of the namespace', '"namespaceObject.metadata.name"', 'shop'],
    ['of the request', '"request.userInfo.groups[0] + request.operation"', 'devCREATE'],
  ])('messageExpression: %s', async (_name, expression, wanted) => {
    const spec = `validations: [{expression: "false", message: fallback, messageExpression: ${expression}}]`;
    expect(await messages(spec)).toEqual([wanted]);
  });

  it.each([
    ['Fail', ["expression 'object.spec.missing' resulted in error: no such key: missing", 'no']],
    ['Ignore', ['no']],
  ])('errors count as failurePolicy %s has it', async (failurePolicy, wanted) => {
    const spec = `{failurePolicy: ${failurePolicy}, validations: [{expression: "object.spec.missing"}, {expression: "false", message: no}]}`;
    const mended = spec.replace('"object.spec.missing"', '"object.spec.missing == 1"');
    const found = await messages(mended);
    expect(found.map((text) => text.replace(' == 1', ''))).toEqual(wanted);
  });
});

describe('which requests a policy sees', () => {
  const rules = (rule: string): string => `{matchConstraints: ${rule}, ${never}}`;
  const apps = 'resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: ["*"], resources: [deployments]}]';
  const pods = (more: string): string =>
    `resourceRules: [{apiGroups: [""], apiVersions: ["*"], operations: [CREATE], resources: [pods]${more}}]`;
  const deployment: Partial<AdmissionRequest> = {
    kind: { group: 'extensions', version: 'v1beta1', kind: 'Deployment' },
    resource: { group: 'extensions', version: 'v1beta1', resource: 'deployments' },
    object: { apiVersion: 'extensions/v1beta1', kind: 'Deployment', metadata: { name: 'd' } },
  };

  it.each<[string, string, Partial<AdmissionRequest>, readonly string[]]>([
    ['the rule', never, {}, ['no']],
    ['another operation', never, { operation: 'DELETE', object: undefined, oldObject: pod }, []],
    ['a subresource', never, { subResource: 'ephemeralcontainers' }, []],
    [
      'a subresource that is named',
      rules(`{${pods('').replace('[pods]', '["pods/*"]')}}`),
      { subResource: 'status' },
      ['no'],
    ],
    ['every resource', rules(`{${pods('').replace('[pods]', '["*/*"]')}}`), { subResource: 'status' }, ['no']],
    ['another name', rules(`{${pods(', resourceNames: [db]')}}`), {}, []],
    ['its name', rules(`{${pods(', resourceNames: [web]')}}`), {}, ['no']],
    ['the cluster only', rules(`{${pods(', scope: Cluster')}}`), {}, []],
    ['namespaces only', rules(`{${pods(', scope: Namespaced')}}`), {}, ['no']],
    [
      'what is excluded',
      rules(
        `{${pods('')}, excludeResourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: [pods], resourceNames: [web]}]}`,
      ),
      {},
      [],
    ],
    ['labels of the namespace', rules(`{${pods('')}, namespaceSelector: {matchLabels: {env: prod}}}`), {}, ['no']],
    ['other labels of the namespace', rules(`{${pods('')}, namespaceSelector: {matchLabels: {env: dev}}}`), {}, []],
    [
      'labels of the object',
      rules(`{${pods('')}, objectSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}`),
      {},
      ['no'],
    ],
    [
      'other labels of the object',
      rules(`{${pods('')}, objectSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}`),
      {},
      [],
    ],
    [
      'labels of the old object',
      rules(`{${pods('').replace('CREATE', '"*"')}, objectSelector: {matchLabels: {app: web}}}`),
      { operation: 'DELETE', object: undefined, oldObject: pod },
      ['no'],
    ],
    ['an equivalent group', rules(`{${apps}}`), deployment, ['no']],
    ['an equivalent group, exactly', rules(`{${apps}, matchPolicy: Exact}`), deployment, []],
    [
      'policies',
      rules('{resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]}'),
      {
        resource: { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' },
        namespace: '',
      },
      [],
    ],
  ])('%s', async (_name, spec, change, wanted) => {
    // The cluster of these tests is of a version that has no more extensions/v1beta1.
    const old = { ...cluster, serverMinor: change === deployment ? 15 : 33 };
    const { policies } = await loadAdmissionPolicies([policy(spec), binding()], {});
    const { denials } = policies.evaluate({ ...request, ...change }, old, {});
    expect(denials.map(({ message }) => message.slice(message.lastIndexOf(': ') + 2))).toEqual(wanted);
  });

  it('converts what is equivalent to the version of the rule', async () => {
    const spec = `{matchConstraints: {${apps}}, validations: [{expression: "object.apiVersion == 'apps/v1' && request.kind.group == 'apps' && request.requestKind.group == 'extensions'"}]}`;
    const { policies } = await loadAdmissionPolicies([policy(spec), binding()], {});
    expect(policies.evaluate({ ...request, ...deployment }, { ...cluster, serverMinor: 15 }, {}).denials).toEqual([]);
  });

  it('a namespace that is not known is an error where it matters', async () => {
    const spec = rules(`{${pods('')}, namespaceSelector: {matchLabels: {env: prod}}}`);
    const { denials } = await decide([policy(spec), binding()], { namespace: 'lost' });
    expect(denials.map(({ message }) => message)).toEqual([
      `ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: namespaces "lost" not found`,
    ]);
    expect((await decide([policy(spec), binding()], { namespace: 'lost', operation: 'CONNECT' })).denials).toEqual([]);
  });

  it.each([
    ['one is false', '[{name: a, expression: "false"}, {name: b, expression: "object.missing"}]', []],
    ['all are true', `[{name: a, expression: "request.userInfo.username == 'jane'"}]`, ['no']],
    [
      'one fails',
      '[{name: a, expression: "true"}, {name: b, expression: "object.missing"}]',
      ["expression 'object.missing' resulted in error: no such key: missing"],
    ],
    ['the namespace is not told', '[{name: a, expression: "namespaceObject == null"}]', ['no']],
  ])('matchConditions: %s', async (_name, conditions, wanted) => {
    const typed = conditions.replaceAll('"object.missing"', '"object.missing == 1"');
    const found = await messages(`{matchConditions: ${typed}, ${never}}`);
    expect(found.map((text) => text.replace(' == 1', ''))).toEqual(wanted);
  });

  it('a binding narrows it', async () => {
    const narrow = binding('{matchResources: {namespaceSelector: {matchLabels: {env: dev}}}}');
    expect((await decide([policy(never), narrow])).denials).toEqual([]);
  });
});

describe('variables', () => {
  it('are evaluated once, and where they are needed', async () => {
    const spec = `
      variables:
      - {name: images, expression: "object.spec.containers.map(c, c.image)"}
      - {name: first, expression: "variables.images[0]"}
      - {name: broken, expression: "object.missing"}
      validations:
      - {expression: "variables.first == 'x.io/a'"}
      - {expression: "variables.images.size() == 2 || variables.broken == 1"}`;
    expect(await messages(spec)).toEqual([
      `expression 'variables.images.size() == 2 || variables.broken == 1' resulted in error: composited variable "broken" fails to evaluate: no such key: missing`,
    ]);
  });

  it('share the budget of a binding', async () => {
    const variables = Array.from(
      { length: 15 },
      (_, index) => `- {name: v${index}, expression: "object.l.map(x, object.l.map(y, x))"}`,
    );
    const spec = `variables:\n${variables.join('\n')}\nvalidations:\n${variables.map((_, index) => `- {expression: "variables.v${index}.size() == 1"}`).join('\n')}`;
    const large = { l: Array.from({ length: 270 }, () => 1) };
    expect(await messages(spec, { object: large })).toEqual([
      'validation failed due to running out of cost budget, no further validation rules will be run',
    ]);
  });
});

describe('parameters', () => {
  const spec = `{paramKind: {apiVersion: v1, kind: ConfigMap}, validations: [{expression: "object.spec.containers.size() < int(params.data.max)", messageExpression: "'at most ' + params.data.max"}]}`;
  it.each<[string, string, readonly string[]]>([
    [
      'by name',
      '{paramRef: {name: limits, parameterNotFoundAction: Deny}}',
      ["with binding 'b' denied request: at most 1"],
    ],
    [
      'by selector',
      '{paramRef: {selector: {}, namespace: shop, parameterNotFoundAction: Deny}}',
      ["with binding 'b' denied request: at most 1"],
    ],
    [
      'missing',
      '{paramRef: {name: other, parameterNotFoundAction: Deny}}',
      [
        "with binding 'b' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
      ],
    ],
    ['missing and allowed', '{paramRef: {name: other, parameterNotFoundAction: Allow}}', []],
    ['elsewhere', '{paramRef: {name: limits, namespace: other, parameterNotFoundAction: Allow}}', []],
    [
      'not bound',
      '{}',
      [
        "with binding 'b' denied request: expression 'object.spec.containers.size() < int(params.data.max)' resulted in error: no such overload",
      ],
    ],
  ])('%s', async (_name, ref, wanted) => {
    const { denials } = await decide([policy(spec), binding(ref)]);
    expect(denials.map(({ message }) => message.replace("ValidatingAdmissionPolicy 'p' ", ''))).toEqual(wanted);
  });

  it('that could not be read are an error', async () => {
    const secretive = spec.replace('apiVersion: v1, kind: ConfigMap', 'apiVersion: example.com/v1, kind: Secretive');
    const { denials } = await decide([
      policy(secretive),
      binding('{paramRef: {name: a, parameterNotFoundAction: Allow}}'),
    ]);
    expect(denials[0]?.message).toContain('not known: forbidden');
  });
});

describe('actions', () => {
  it('warn and audit', async () => {
    const spec = `{${never}, auditAnnotations: [{key: user, valueExpression: "request.userInfo.username"}, {key: none, valueExpression: "null"}]}`;
    const { allowed, warnings, auditAnnotations } = await decide([
      policy(spec),
      binding('{validationActions: [Warn, Audit]}'),
    ]);
    expect(allowed).toBe(true);
    expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no"]);
    expect([...auditAnnotations]).toEqual([
      ['p/user', 'jane'],
      [
        'validation.policy.admission.k8s.io/validation_failure',
        '[{"message":"no","policy":"p","binding":"b","expressionIndex":0,"validationActions":["Warn","Audit"]}]',
      ],
    ]);
  });

  it('warnings are one line of 256 bytes', async () => {
    const spec = `validations: [{expression: "false", message: ${'é'.repeat(300)}}]`;
    const { warnings } = await decide([policy(spec), binding('{validationActions: [Warn]}')]);
    expect(Buffer.byteLength(warnings[0] ?? '')).toBeLessThanOrEqual(256);
    expect(warnings[0]).not.toContain('\ufffd');
  });

  it('every binding counts', async () => {
    const { denials } = await decide([policy(never), binding('{}', 'b2'), binding('{}', 'b1')]);
    expect(denials.map(({ message }) => message)).toEqual([
      "ValidatingAdmissionPolicy 'p' with binding 'b1' denied request: no",
      "ValidatingAdmissionPolicy 'p' with binding 'b2' denied request: no",
    ]);
  });
});

describe('the authoriser', () => {
  const spec = (expression: string): string => `validations: [{expression: "${expression}", message: no}]`;
  const authorise: EvaluateOptions['authorise'] = (user, attributes) => {
    const text =
      'path' in attributes
        ? attributes.path
        : `${attributes.group}/${attributes.resource}/${attributes.subresource} ${attributes.namespace}/${attributes.name}`;
    return {
      answer: `${user.username} ${attributes.verb} ${text}` === 'jane create //  '.trim() ? 'denied' : 'allowed',
      reason: `${user.username} ${attributes.verb} ${text}`,
    };
  };

  it.each([
    ["authorizer.requestResource.check('create').reason()", 'jane create /pods/ shop/web'],
    [
      "authorizer.group('apps').resource('deployments').subresource('scale').namespace('a').name('b').check('update').reason()",
      'jane update apps/deployments/scale a/b',
    ],
    ["authorizer.path('/healthz').check('get').reason()", 'jane get /healthz'],
    [
      "authorizer.serviceAccount('ns', 'sa').group('').resource('pods').check('list').reason()",
      'system:serviceaccount:ns:sa list /pods/ /',
    ],
  ])('%s', async (expression, wanted) => {
    expect(await messages(spec(`${expression} == '${wanted}'`), {}, { authorise })).toEqual([]);
  });

  it('that does not know is an error', async () => {
    const unknown: EvaluateOptions['authorise'] = () => ({
      answer: 'unknown',
      reason: 'there is a webhook authoriser',
    });
    const expression = "authorizer.requestResource.check('get').allowed()";
    expect(await messages(spec(expression), {}, { authorise: unknown })).toEqual([
      `expression '${expression}' resulted in error: who may do this is not known: there is a webhook authoriser`,
    ]);
  });

  it('may be asked twice by one expression', async () => {
    const check = "authorizer.path('/a').check('get').allowed()";
    expect(await messages(spec(`${check} && ${check}`), {}, { authorise })).toEqual([]);
    expect((await messages(spec(`${check} && ${check} && ${check}`), {}, { authorise }))[0]).toContain(
      'actual cost limit exceeded',
    );
  });
});

describe('what is refused when it is loaded', () => {
  const prefix = 'ValidatingAdmissionPolicy p: ';
  it.each([
    [
      'validations: [{expression: "object.spec.replicas"}]',
      'spec.validations[0].expression cannot be evaluated: must evaluate to bool but got dyn: object.spec.replicas',
    ],
    [
      'validations: [{expression: "object.spec +"}]',
      "spec.validations[0].expression cannot be evaluated: 1:14: Syntax error: unexpected '<EOF>': object.spec +",
    ],
    [
      'validations: [{expression: "request.user == null"}]',
      "spec.validations[0].expression cannot be evaluated: 1:8: undefined field 'user': request.user == null",
    ],
    [
      'validations: [{expression: "params.a == 1"}]',
      "spec.validations[0].expression cannot be evaluated: 1:1: undeclared reference to 'params' (in container ''): params.a == 1",
    ],
    [
      'validations: [{expression: "variables.a == 1"}]',
      "spec.validations[0].expression cannot be evaluated: 1:10: undefined field 'a': variables.a == 1",
    ],
    [
      `validations: [{expression: "object.a.matches('(?=a)')"}]`,
      "spec.validations[0].expression cannot be evaluated: 1:17: invalid matches argument: error parsing regexp: error parsing regexp: invalid or unsupported Perl syntax: `(?=`: object.a.matches('(?=a)')",
    ],
    [
      'validations: [{expression: "true", messageExpression: "1"}]',
      'spec.validations[0].messageExpression cannot be evaluated: must evaluate to string but got int: 1',
    ],
    [
      'validations: [{expression: "true", messageExpression: "authorizer.path(\'/\').check(\'get\').reason()"}]',
      "spec.validations[0].messageExpression cannot be evaluated: 1:1: undeclared reference to 'authorizer' (in container ''): authorizer.path('/').check('get').reason()",
    ],
    [
      '{validations: [{expression: "true"}], auditAnnotations: [{key: a, valueExpression: "1"}]}',
      'spec.auditAnnotations[0].valueExpression cannot be evaluated: must evaluate to one of [string null] but got int: 1',
    ],
    ['validations: []', 'spec.validations is empty: a policy needs validations or auditAnnotations'],
    [
      '{validations: [{expression: "true"}], failurePolicy: Maybe}',
      'spec.failurePolicy must be Fail or Ignore, found "Maybe"',
    ],
    [
      'validations: [{expression: "true", reason: Teapot}]',
      'spec.validations[0].reason must be one of Unauthorized, Forbidden, RequestEntityTooLarge, Invalid, found "Teapot"',
    ],
    [
      '{validations: [{expression: "true"}], variables: [{name: a b, expression: "1"}]}',
      'spec.variables[0].name must be a CEL identifier',
    ],
    [
      '{validations: [{expression: "true"}], matchConstraints: {resourceRules: []}}',
      'spec.matchConstraints.resourceRules is empty: a policy needs one',
    ],
    ['validations: {a: 1}', 'spec.validations must be a list, found an object'],
  ])('%s', async (spec, wanted) => {
    const { policies, problems } = await loadAdmissionPolicies(
      [policy(spec), binding(), policy(never, 'q'), binding('{}', 'b2', 'q')],
      {},
    );
    expect(problems.map(({ message }) => message)).toContain(prefix + wanted);
    expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
    expect(policies.names).toEqual(['q']);
  });

  it('bindings, too', async () => {
    const { problems } = await loadAdmissionPolicies(
      [
        policy(never),
        binding('{validationActions: [Deny, Warn]}', 'b1'),
        binding('{validationActions: []}', 'b2'),
        binding('{}', 'b3', 'gone'),
        binding('{paramRef: {name: a}}', 'b4'),
      ],
      {},
    );
    expect(problems.map(({ message }) => message)).toEqual([
      'ValidatingAdmissionPolicyBinding b1: spec.validationActions must not have both Deny and Warn',
      'ValidatingAdmissionPolicyBinding b2: spec.validationActions is empty: a binding needs one',
      'ValidatingAdmissionPolicyBinding b3: spec.policyName names gone, and there is no such policy',
      'ValidatingAdmissionPolicyBinding b4: spec.paramRef.parameterNotFoundAction must be Allow or Deny',
      'ValidatingAdmissionPolicy p: no binding names it, so it does nothing',
    ]);
  });

  it.each([
    [
      29,
      'error',
      "spec.validations[0].expression cannot be evaluated: 1:3: 'ip' is of the IP library, which Kubernetes has from 1.30 on; the server is 1.29: ip('::1').family() == 6",
    ],
    [
      30,
      'warning',
      "spec.validations[0].expression 1:3: 'ip' is of the IP library, which Kubernetes has from 1.30 on; a server of 1.30 refuses it in a new policy",
    ],
  ])('libraries that 1.%i does not have: %s', async (serverMinor, severity, wanted) => {
    const spec = `validations: [{expression: "ip('::1').family() == 6"}]`;
    const { problems } = await loadAdmissionPolicies([policy(spec), binding()], { serverMinor });
    expect(problems.map((problem) => [problem.severity, problem.message])).toEqual([[severity, prefix + wanted]]);
  });

  it('hostile objects do not throw', async () => {
    const hostile = [
      {},
      { spec: null },
      { spec: { validations: [{ expression: 1 }], matchConstraints: [] } },
      {
        spec: {
          variables: [{ name: '__proto__', expression: '1' }],
          validations: [{ expression: 'variables.__proto__ == 1' }],
          matchConstraints: { resourceRules: [{ apiGroups: 1 }] },
        },
      },
    ];
    for (const value of hostile) {
      const objects = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'].map((kind) =>
        object(group, kind, 'x', value as JsonObject),
      );
      const { policies, problems } = await loadAdmissionPolicies(objects, {});
      expect(policies.names).toEqual([]);
      expect(problems.length).toBeGreaterThan(0);
    }
  });
});

it('rules are what a webhook must be sent', async () => {
  const { policies } = await loadAdmissionPolicies(
    [policy(never), binding(), policy(never, 'q'), policy(never, 'r'), binding('{}', 'b2', 'r')],
    {},
  );
  expect(policies.names).toEqual(['p', 'r']);
  const asked = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    scope: '*',
  };
  expect(policies.scopes).toEqual([
    { name: 'p', denies: true, rules: [asked] },
    { name: 'r', denies: true, rules: [asked] },
  ]);
});

it.each([
  ['authentication.k8s.io', 'tokenreviews', []],
  ['authentication.k8s.io', 'selfsubjectreviews', []],
  ['authorization.k8s.io', 'subjectaccessreviews', []],
  ['authorization.k8s.io', 'localsubjectaccessreviews', []],
  ['authorization.k8s.io', 'selfsubjectaccessreviews', []],
  ['authorization.k8s.io', 'selfsubjectrulesreviews', []],
  ['admissionregistration.k8s.io', 'validatingadmissionpolicies', []],
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations', ['no']],
  ['certificates.k8s.io', 'certificatesigningrequests', ['no']],
])('no policy is asked about what nobody could go on without: %s %s', async (group, resource, denied) => {
  const rule = `{apiGroups: ['${group}'], apiVersions: ['*'], operations: ['*'], resources: ['${resource}']}`;
  for (const resourceRules of [
    `[${rule}]`,
    `[{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]`,
  ]) {
    const { policies } = await loadAdmissionPolicies(
      [policy(`{matchConstraints: {resourceRules: ${resourceRules}}, ${never}}`), binding()],
      {},
    );
    const asked = { ...request, namespace: '', resource: { group, version: 'v1', resource } };
    expect(policies.evaluate(asked, cluster, {}).denials.map(({ message }) => message.replace(/^.*: /, ''))).toEqual(
      denied,
    );
    if (resourceRules.includes(resource)) expect(policies.scopes[0]?.rules).toHaveLength(denied.length);
  }
});

it('conditions of webhooks', async () => {
  const { conditions } = await loadWebhookConditions([{ name: 'a', expression: "request.namespace == 'shop'" }], {});
  expect(conditions?.evaluate(request, {})).toBe('match');
  expect(conditions?.evaluate({ ...request, namespace: 'other' }, {})).toBe('skip');
  const broken = await loadWebhookConditions(
    [
      { name: 'a', expression: 'object.x' },
      { name: 'b', expression: ')' },
    ],
    {},
  );
  expect(broken.problems).toEqual([
    'condition a must evaluate to bool but got dyn',
    "condition b cannot be evaluated: 1:1: Syntax error: unexpected ')'",
  ]);
});
