import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { childrenOf, elementAt, expectTag, tags } from '../semantics/certificates/der.ts';
import { readName } from '../semantics/certificates/names.ts';
import { derOf } from '../semantics/certificates/parse.ts';
import { fromObject } from './event-fields.ts';
import type { DerivedField } from './field.ts';
import { part, text } from './rbac-fields.ts';
import { type FieldValue, hidden } from './truth.ts';
import type { EventView } from './view.ts';

/** What other kinds of objects say that matters. */
export const objectFields: readonly DerivedField[] = [
  row(
    'certificate.commonName',
    'the user name of a certificate that is requested',
    (value, view) => nameOf(value, view)?.commonName,
  ),
  row('certificate.organizations', 'its groups', (value, view) => nameOf(value, view)?.organizations),
  row('certificate.signer', 'the signer that is asked', (value, view) =>
    isRequest(view) ? text(part(value, 'spec'), 'signerName') || undefined : undefined,
  ),
  row('certificate.usages', 'what it is to be used for', (value, view) =>
    isRequest(view) ? stringsIn(own(part(value, 'spec'), 'usages')) : undefined,
  ),
  row(
    'webhook.failsOpen',
    'names of admission webhooks that let requests pass when they do not answer',
    (value, view) => webhooks(value, view, (hook) => text(hook, 'failurePolicy') === 'Ignore'),
  ),
  row(
    'webhook.external',
    'names of admission webhooks that are called by URL, not as a service of the cluster',
    (value, view) => webhooks(value, view, (hook) => text(part(hook, 'clientConfig'), 'url') !== ''),
  ),
  row('webhook.seesSecrets', 'names of admission webhooks that are sent Secrets', (value, view) =>
    webhooks(value, view, (hook) => objectsIn(own(hook, 'rules')).some(coversSecrets)),
  ),
  row(
    'config.credentials',
    'keys of a ConfigMap whose value is a credential, by the key’s name or the value’s form',
    (value, { event }) => (isCore(event.object, 'configmaps') ? credentialKeys(value) : undefined),
  ),
  row('service.externalIPs', 'external addresses that a Service claims', (value, { event }) =>
    isCore(event.object, 'services') ? stringsIn(own(part(value, 'spec'), 'externalIPs')) : undefined,
  ),
  row('service.internal', 'whether a load balancer is kept inside by an annotation of a cloud', (value, { event }) =>
    isCore(event.object, 'services') ? isInternal(value) : undefined,
  ),
  row(
    'podSecurity.weakened',
    'whether a namespace’s enforced Pod Security level is lower than before, or set to privileged',
    podSecurityWeakened,
  ),
  row('ingress.snippets', 'annotations of an Ingress that put configuration into nginx', (value) =>
    Object.keys(part(part(value, 'metadata'), 'annotations')).filter((key) =>
      /^nginx\.ingress\.kubernetes\.io\/.*-snippet$/.test(key),
    ),
  ),
  row('access.asked', 'what an access review asks: `get secrets`, `create pods/exec`, `* *`', (value) =>
    askedAccess(value),
  ),
  row('audit.arguments', 'the `--audit-…` arguments of a kube-apiserver’s pod', (_, { pods }) =>
    pods.flatMap(({ containers }) =>
      containers.flatMap(({ command, args }) => [...command, ...args].filter((word) => word.startsWith('--audit-'))),
    ),
  ),
];

function row(name: string, about: string, read: Parameters<typeof fromObject>[0]): DerivedField {
  return { name, known: 'event', level: 'Request', about, read: fromObject(read) };
}

function isCore(object: { readonly group: string; readonly resource: string } | undefined, resource: string): boolean {
  return object?.group === '' && object.resource === resource;
}

function isRequest({ event }: EventView): boolean {
  return event.object?.resource === 'certificatesigningrequests';
}

/** The subject of a PKCS#10 request (RFC 2986 section 4.1); undefined where it cannot be read. */
function nameOf(value: JsonObject, view: EventView): ReturnType<typeof readName> | undefined {
  if (!isRequest(view)) return undefined;
  return view.once('certificate', () => {
    try {
      const pem = Buffer.from(text(part(value, 'spec'), 'request'), 'base64').toString('latin1');
      const der = derOf(pem);
      const [info] = childrenOf(der, elementAt(der, 0, der.length));
      const [, subject] = childrenOf(der, expectTag(info, tags.sequence, 'content'));
      return readName(der, expectTag(subject, tags.sequence, 'subject'));
    } catch {
      return undefined;
    }
  });
}

function webhooks(
  value: JsonObject,
  { event }: EventView,
  is: (hook: JsonObject) => boolean,
): readonly string[] | undefined {
  if (event.object?.group !== 'admissionregistration.k8s.io') return undefined;
  return objectsIn(own(value, 'webhooks')).flatMap((hook) => (is(hook) ? [text(hook, 'name')] : []));
}

function coversSecrets(rule: JsonObject): boolean {
  const groups = list(rule, 'apiGroups');
  const resources = list(rule, 'resources');
  return (
    (groups.includes('') || groups.includes('*')) && ['secrets', '*', '*/*'].some((name) => resources.includes(name))
  );
}

/** Unlike `stringsIn` with the empty ones, of which one names the core group. */
function list(value: JsonObject, key: string): readonly unknown[] {
  const inner = own(value, key);
  return Array.isArray(inner) ? inner : [];
}

const credentialKey =
  /(?:^|[._-]|[a-z](?=[A-Z]))(?:passwd|password|passphrase|pwd|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|client[_-]?secret|secret[_-]?key)$/i;
const credentialValue =
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[0-9A-Za-z_-]{35}\b|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.|:\/\/[^\s:@/{$]+:[^\s:@/{$]{3,}@/;
/** A line of a properties or environment file, or of YAML, that sets a credential to something literal. */
const credentialLine =
  /^[ \t]*(?:export[ \t]+)?["']?[\w.-]{0,64}(?:password|passwd|secret[_-]?key|api[_-]?key|access[_-]?key|auth[_-]?token)["']?[ \t]*[:=][ \t]*["']?[^\s"'${<%][^\s"']{3,}/im;
/** What stands for a value that comes from elsewhere. */
const reference = /^(?:\$|\{\{|<|%|\/|file:|secret:|vault:|arn:)|^(?:true|false|null|none|changeme)?$/i;
const maxScanned = 64 * 1024;

function credentialKeys(value: JsonObject): readonly string[] {
  const found: string[] = [];
  for (const [key, item] of Object.entries(part(value, 'data'))) {
    if (typeof item !== 'string') continue;
    const content = item.length > maxScanned ? item.slice(0, maxScanned) : item;
    const byName = credentialKey.test(key) && content.length < 4096 && !reference.test(content.trim());
    if (byName || credentialValue.test(content) || credentialLine.test(content)) found.push(key);
  }
  return found;
}

const internalAnnotations: readonly (readonly [key: string, value: RegExp])[] = [
  ['service.beta.kubernetes.io/aws-load-balancer-internal', /^(?!false$)/],
  ['service.beta.kubernetes.io/aws-load-balancer-scheme', /^internal$/],
  ['service.beta.kubernetes.io/azure-load-balancer-internal', /^true$/],
  ['networking.gke.io/load-balancer-type', /^Internal$/i],
  ['cloud.google.com/load-balancer-type', /^Internal$/i],
  ['service.beta.kubernetes.io/openstack-internal-load-balancer', /^true$/],
];

function isInternal(service: JsonObject): boolean {
  const annotations = part(part(service, 'metadata'), 'annotations');
  return internalAnnotations.some(
    ([key, value]) => value.test(text(annotations, key)) && own(annotations, key) !== undefined,
  );
}

const enforce = 'pod-security.kubernetes.io/enforce';
const strength: readonly string[] = ['privileged', 'baseline', 'restricted'];

function podSecurityWeakened(namespace: JsonObject, { event, verb, around }: EventView): FieldValue {
  if (!isCore(event.object, 'namespaces') || event.object?.subresource !== '') return undefined;
  const levelOf = (object: JsonObject): string => text(part(part(object, 'metadata'), 'labels'), enforce);
  const now = levelOf(namespace);
  if (verb === 'create') return now === 'privileged';
  const before = around.before(event);
  if (before === undefined) return hidden;
  return strength.indexOf(now || 'privileged') < strength.indexOf(levelOf(before) || 'privileged');
}

function askedAccess(review: JsonObject): readonly string[] | undefined {
  const attributes = own(part(review, 'spec'), 'resourceAttributes');
  if (!isObject(attributes)) return undefined;
  const subresource = text(attributes, 'subresource');
  return [`${text(attributes, 'verb')} ${text(attributes, 'resource')}${subresource === '' ? '' : `/${subresource}`}`];
}
