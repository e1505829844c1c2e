import { canSpareApiServer } from '../../admission/lifelines.ts';
import type { JsonObject } from '../../model/json.ts';
import { apiServer } from '../api-server-user.ts';
import { type Hook, hookPaths } from '../server/admission-server.ts';
import { type ConfigurationKind, metadataNameLabel, probeLabel } from './names.ts';
import { asWebhookRules, type HookRules } from './rules.ts';

/** Where API servers find the webhook: a Service, or a URL that every one of them reaches. */
export type Target =
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } }
  | { readonly url: string };

export interface HookSettings {
  readonly target: Target;
  /** In PEM. */
  readonly bundle: string;
  readonly rules: HookRules;
  /** Namespaces whose requests are never sent, the webhook's own first. */
  readonly exempt: readonly string[];
  /** Who sets the label that namespaces are exempt by: servers before 1.21 leave it to whoever may write namespaces. */
  readonly labelSetBy: 'server' | 'users';
  /** The minor of the API server; undefined where it does not say. */
  readonly serverMinor: number | undefined;
  /** Of the hook that refuses; the other two never stop a request. */
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly timeoutSeconds: number;
}

/** What the API server asks a certificate for. */
export function serverNameOf(target: Target): string {
  if ('url' in target) return new URL(target.url).hostname.replace(/^\[|\]$/g, '');
  return `${target.service.name}.${target.service.namespace}.svc`;
}

/** Every name that a certificate for this target should have. */
export function certificateNames(target: Target): readonly string[] {
  if ('url' in target) return [serverNameOf(target)];
  const { name, namespace } = target.service;
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`, `${name}.${namespace}`];
}

const suffix = 'webhook.bulwark.dev';

/**
 * The `webhooks` of a configuration, with every field that the API server would default, so that what is there can be
 * compared. Empty where no active policy needs one.
 */
export function webhooksOf(kind: ConfigurationKind, settings: HookSettings): readonly JsonObject[] {
  const { rules, failurePolicy } = settings;
  if (kind === 'mutating') {
    return hook('mutate', { name: `harden.${suffix}`, failurePolicy: 'Ignore', settings }).map((webhook) => ({
      ...webhook,
      reinvocationPolicy: 'IfNeeded',
    }));
  }
  if (rules.enforce.length + rules.advise.length === 0) return [];
  return [
    ...(settings.labelSetBy === 'users' ? [guard(settings)] : []),
    ...hook('enforce', { name: `enforce.${suffix}`, failurePolicy, settings }),
    ...hook('advise', { name: `advise.${suffix}`, failurePolicy: 'Ignore', settings }),
    probe(settings),
  ];
}

/** What the keeper asks whether the API server is let in: events of its own that are never kept, and nothing else. */
function probe(settings: HookSettings): JsonObject {
  const rule = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['events'],
    scope: 'Namespaced',
  };
  return {
    ...common('enforce', settings),
    name: `probe.${suffix}`,
    rules: [rule],
    failurePolicy: 'Fail',
    namespaceSelector: {
      matchExpressions: [{ key: metadataNameLabel, operator: 'In', values: settings.exempt.slice(0, 1) }],
    },
    objectSelector: { matchLabels: { [probeLabel]: 'true' } },
  };
}

/**
 * A namespace that takes the name of an exempt one for its label is exempt itself, its own update included, so that
 * this hook selects by the label what no other hook sees; and one that gives its label up, of which the API server
 * shows the old labels, too. It fails closed with the hook that refuses: if it did not, whoever may write a namespace
 * could exempt it, or lock an exempt one out, whenever no server answers.
 */
function guard(settings: HookSettings): JsonObject {
  const { exempt, failurePolicy } = settings;
  const rule = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['namespaces', 'namespaces/finalize', 'namespaces/status'],
    scope: 'Cluster',
  };
  return {
    ...common('enforce', settings),
    name: `guard.${suffix}`,
    rules: [rule],
    failurePolicy,
    namespaceSelector: {},
    objectSelector: { matchExpressions: [{ key: metadataNameLabel, operator: 'In', values: [...exempt] }] },
  };
}

interface HookOptions {
  readonly name: string;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly settings: HookSettings;
}

function hook(which: Hook, { name, failurePolicy, settings }: HookOptions): readonly JsonObject[] {
  const { rules, exempt, serverMinor } = settings;
  if (rules[which].length === 0) return [];
  return [
    {
      ...common(which, settings),
      name,
      rules: asWebhookRules(rules[which]),
      failurePolicy,
      // By the label that the API server itself sets: nobody exempts a namespace by labelling it.
      namespaceSelector: { matchExpressions: [{ key: metadataNameLabel, operator: 'NotIn', values: [...exempt] }] },
      objectSelector: {},
      ...(canSpareApiServer(serverMinor) && { matchConditions: [notItsOwn] }),
    },
  ];
}

/** What the API server writes itself, as when it starts: nobody answers for it where no server runs yet. */
const notItsOwn: JsonObject = {
  name: 'not-the-api-server',
  expression: `request.userInfo.username != '${apiServer.username}' || !('${apiServer.group}' in request.userInfo.groups)`,
};

function common(which: Hook, { target, bundle, timeoutSeconds }: HookSettings): JsonObject {
  const path = hookPaths[which];
  const where: JsonObject =
    'url' in target
      ? { url: target.url.replace(/\/$/, '') + path }
      : {
          service: { name: target.service.name, namespace: target.service.namespace, path, port: target.service.port },
        };
  return {
    clientConfig: { caBundle: Buffer.from(bundle).toString('base64'), ...where },
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds,
    admissionReviewVersions: ['v1'],
  };
}
