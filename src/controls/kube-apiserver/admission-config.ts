import type { Facts } from '../../facts/facts.ts';
import { isObject } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { Reader } from '../../model/reader.ts';
import { type Failure, notApplicable, pass, unknown, type Verdict } from '../../model/verdict.ts';
import { file } from '../node-examples.ts';
import { pluginFailure } from './admission.ts';
import { type DocumentOf, documentFailure, namedDocuments, notKnown, readDocument } from './named-file.ts';
import { apiServer, listOf, serverControls } from './server-control.ts';

const withPlugin = (plugin: string, ...lines: readonly string[]): string =>
  apiServer(`--enable-admission-plugins=${plugin}`, '--admission-control-config-file=/etc/kubernetes/admission.yaml') +
  file(
    '/etc/kubernetes/admission.yaml',
    `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: ${plugin}
${lines.map((line) => `  ${line}\n`).join('')}`,
  );

const limits = (text: string): string =>
  withPlugin('EventRateLimit', 'path: eventconfig.yaml') +
  file(
    '/etc/kubernetes/eventconfig.yaml',
    `apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\n${text}`,
  );

/** Configurations of admission plugins. Sources: plugin/pkg/admission/{eventratelimit,imagepolicy}. */
export default serverControls([
  {
    name: 'event-rate-limits',
    title: 'The event rate limit has limits',
    severity: 'medium',
    why: 'EventRateLimit limits what its configuration says, and the API server does not start where that is missing or wrong.',
    remedy: 'Name limits of type Namespace or Server with qps and burst.',
    check: eventLimits,
    examples: {
      fail: [
        apiServer('--enable-admission-plugins=EventRateLimit'),
        limits('limits: []'),
        limits('limits: [{type: Namespace, qps: 0, burst: 100}]'),
        withPlugin('EventRateLimit', 'path: missing.yaml'),
      ],
      pass: [
        limits('limits: [{type: Namespace, qps: 50, burst: 100, cacheSize: 2000}]'),
        withPlugin('EventRateLimit', 'configuration: {limits: [{type: Server, qps: 5000, burst: 20000}]}'),
      ],
    },
  },
  {
    name: 'image-policy-default',
    title: 'Images are refused while the image policy webhook cannot be reached',
    severity: 'medium',
    why: 'With defaultAllow, every image is admitted as soon as the webhook is away or unreachable.',
    remedy: 'Set imagePolicy.defaultAllow: false.',
    check: imagePolicy,
    examples: {
      fail: [
        withPlugin(
          'ImagePolicyWebhook',
          'configuration: {imagePolicy: {kubeConfigFile: /etc/kubernetes/ip.conf, defaultAllow: true}}',
        ),
        apiServer('--enable-admission-plugins=ImagePolicyWebhook'),
      ],
      pass: [
        withPlugin(
          'ImagePolicyWebhook',
          'configuration: {imagePolicy: {kubeConfigFile: /etc/kubernetes/ip.conf, defaultAllow: false}}',
        ),
      ],
    },
  },
]);

interface Configuration {
  readonly document: DocumentOf;
  /** The plugin's own configuration. */
  readonly reader: Reader;
}

/** What the AdmissionConfiguration has for a plugin, in itself or in a file of its own; a verdict where that is not known. */
export function pluginConfiguration(server: NodeComponent, facts: Facts, plugin: string): Configuration | Verdict {
  const missing = (says: string): Verdict => pluginFailure(server, { plugin, wanted: 'off', says, changes: [] });
  const document = facts.get(namedDocuments)(server, 'admission-control-config-file');
  if (document.kind === 'unset') return missing('there is no --admission-control-config-file with its configuration');
  // That the file is missing is told with all others that are.
  if (document.kind === 'unusable') return notKnown(document.verdict);
  const entries = isObject(document.value) ? new Reader(document.value, [], []).objects('plugins') : [];
  const entry = entries.find((each) => each.string('name') === plugin);
  if (entry === undefined) return missing(`${document.path} has no configuration for it`);
  if (entry.has('configuration')) return { document, reader: entry.object('configuration') };
  const path = entry.string('path') ?? '';
  if (path === '') return missing(`${document.path} has no configuration for it`);
  const folder = document.path.slice(0, document.path.lastIndexOf('/'));
  const own = readDocument(server, document.setting, path.startsWith('/') ? path : `${folder}/${path}`);
  if (own.kind !== 'document') return own.kind === 'unset' ? unknown(`${path} is not known`) : own.verdict;
  return isObject(own.value)
    ? { document: own, reader: new Reader(own.value, [], []) }
    : documentFailure(own, [], { message: `the file holds no configuration of ${plugin}` });
}

function eventLimits(server: NodeComponent, facts: Facts): Verdict | readonly Failure[] {
  if (!listOf(server, 'admission-plugins').includes('EventRateLimit'))
    return notApplicable('EventRateLimit does not run');
  const found = pluginConfiguration(server, facts, 'EventRateLimit');
  if ('kind' in found) return found;
  const { document, reader } = found;
  const entries = reader.objects('limits');
  if (entries.length === 0)
    return documentFailure(document, reader.at('limits'), { message: 'the event rate limit has no limits' });
  const failures: Failure[] = [];
  for (const [index, limit] of entries.entries()) {
    const type = limit.string('type') ?? '';
    const wrong = (field: string, message: string): void => {
      failures.push(documentFailure(document, limit.at(field), { message, key: `${index} ${field}` }));
    };
    if (!limitTypes.has(type)) wrong('type', `limit ${index} has the unknown type ${type || '(none)'}`);
    for (const field of ['qps', 'burst']) {
      if ((limit.integer(field) ?? 0) <= 0) wrong(field, `${field} of limit ${index} (${type}) is not positive`);
    }
  }
  return failures;
}

const limitTypes: ReadonlySet<string> = new Set(['Server', 'Namespace', 'User', 'SourceAndObject']);

function imagePolicy(server: NodeComponent, facts: Facts): Verdict {
  if (!listOf(server, 'admission-plugins').includes('ImagePolicyWebhook'))
    return notApplicable('ImagePolicyWebhook does not run');
  const found = pluginConfiguration(server, facts, 'ImagePolicyWebhook');
  if ('kind' in found) return found;
  const { document, reader } = found;
  const policy = reader.object('imagePolicy');
  if (policy.boolean('defaultAllow') !== true) return pass;
  const message = 'defaultAllow is true: every image is admitted while the webhook cannot be reached';
  return documentFailure(document, policy.at('defaultAllow'), { message });
}
