import type { Facts } from '../../facts/facts.ts';
import { entriesOf } from '../../facts/routes.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

/** One webhook of a configuration, with the defaults of its API version. */
export interface Webhook {
  readonly object: KubeObject;
  readonly kind: 'validating' | 'mutating';
  readonly name: string;
  readonly path: Path;
  readonly raw: JsonObject;
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Seconds that a request waits for it. */
  readonly timeout: number;
  readonly rules: readonly WebhookRule[];
  readonly client: JsonObject;
}

export interface WebhookRule {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
}

const noWebhooks = notApplicable('it configures no admission webhooks');
const kinds = /^(Validating|Mutating)WebhookConfiguration$/;

interface WebhookDefinition extends Omit<ControlDefinition<'object'>, 'check' | 'subject'> {
  readonly judge: (webhook: Webhook, facts: Facts) => Failure | undefined;
}

/** A control that is asked about every admission webhook; findings are told apart by the webhook's name. */
export function webhookControl({ judge, ...definition }: WebhookDefinition): Control<'object'> {
  return control({
    ...definition,
    subject: 'object',
    kinds: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
    check: ({ object }, facts): Verdict | readonly Failure[] => {
      const webhooks = webhooksOf(object);
      if (webhooks === undefined) return noWebhooks;
      const failures: Failure[] = [];
      for (const webhook of webhooks) {
        const failure = judge(webhook, facts);
        if (failure !== undefined) failures.push({ ...failure, key: webhook.name });
      }
      return failures;
    },
  });
}

/** The webhooks that an object configures; undefined for what is no such configuration. */
function webhooksOf(object: KubeObject): readonly Webhook[] | undefined {
  const kind = object.apiVersion.startsWith('admissionregistration.k8s.io/') ? kinds.exec(object.kind)?.[1] : undefined;
  if (kind === undefined) return undefined;
  const isOld = object.apiVersion.endsWith('/v1beta1');
  const found: Webhook[] = [];
  for (const [index, raw] of entriesOf(own(object.value, 'webhooks'))) {
    const [name, failurePolicy, timeout, client] = ['name', 'failurePolicy', 'timeoutSeconds', 'clientConfig'].map(
      (key) => own(raw, key),
    );
    found.push({
      object,
      kind: kind === 'Mutating' ? 'mutating' : 'validating',
      name: typeof name === 'string' ? name : `${index + 1}`,
      path: ['webhooks', index],
      raw,
      // v1beta1 fails open, and waits for half a minute, where nothing is said.
      failurePolicy: failurePolicy === 'Ignore' || (isOld && failurePolicy !== 'Fail') ? 'Ignore' : 'Fail',
      timeout: typeof timeout === 'number' ? timeout : isOld ? 30 : 10,
      rules: objectsIn(own(raw, 'rules')).map(readRule),
      client: isObject(client) ? client : {},
    });
  }
  return found;
}

function readRule(rule: JsonObject): WebhookRule {
  const groups = own(rule, 'apiGroups');
  return {
    // The core group is the empty string.
    groups: Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : [],
    resources: stringsIn(own(rule, 'resources')),
    operations: stringsIn(own(rule, 'operations')),
  };
}

interface Asked {
  readonly group: string;
  readonly resource: string;
  readonly operation: string;
}

/** Whether a webhook is asked about an operation: `*` stands for all resources without subresources, and for both with another. */
export function isAsked({ rules }: Pick<Webhook, 'rules'>, { group, resource, operation }: Asked): boolean {
  return rules.some(
    ({ groups, resources, operations }) =>
      (groups.includes(group) || groups.includes('*')) &&
      (operations.includes(operation) || operations.includes('*')) &&
      resources.some((each) => matchesResource(each, resource)),
  );
}

function matchesResource(pattern: string, resource: string): boolean {
  if (pattern === '*/*' || pattern === resource) return true;
  const [plain = '', sub] = resource.split('/');
  if (sub === undefined) return pattern === '*';
  return pattern === `*/${sub}` || pattern === `${plain}/*`;
}

/** What is worth guarding: what runs, who may do what, and what lies open to whoever may write it. */
const guarded: readonly Asked[] = [
  { group: '', resource: 'pods', operation: 'CREATE' },
  { group: 'apps', resource: 'deployments', operation: 'CREATE' },
  { group: 'batch', resource: 'jobs', operation: 'CREATE' },
  { group: '', resource: 'pods/exec', operation: 'CONNECT' },
  { group: '', resource: 'namespaces', operation: 'UPDATE' },
  { group: '', resource: 'secrets', operation: 'CREATE' },
  { group: '', resource: 'services', operation: 'CREATE' },
  { group: 'networking.k8s.io', resource: 'ingresses', operation: 'CREATE' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings', operation: 'CREATE' },
  { group: 'certificates.k8s.io', resource: 'certificatesigningrequests/approval', operation: 'UPDATE' },
];

/** What of Kubernetes’ own that matters a webhook is asked about, in words; undefined where it is asked about other kinds alone. */
export function guardedBy(webhook: Webhook): string | undefined {
  const first = guarded.find((asked) => isAsked(webhook, asked));
  return first === undefined ? undefined : first.resource;
}
