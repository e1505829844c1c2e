import { isObject, type Json, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { type Malformed, Reader } from '../../model/reader.ts';
import type { PodSecurityConfiguration } from './admission.ts';
import { type PodSecurityMode, podSecurityLabelPrefix } from './namespace-policy.ts';
import { latestVersion, type PodSecurityPolicy, parsePodSecurityLevel, parsePolicyVersion } from './policy.ts';
import { quoteGo } from './wording.ts';

const group = 'pod-security.admission.config.k8s.io/';
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * The configuration of the plugin, from a PodSecurityConfiguration or from the AdmissionConfiguration around it; or
 * everything for which the API server would not start with it. Without one for the plugin, what is built in.
 * Source: pod-security-admission, admission/api/validation.
 */
export function readPodSecurityConfiguration(
  value: Json,
): PodSecurityConfiguration | { readonly problems: readonly string[] } {
  const inner = unwrap(value);
  if (typeof inner === 'string') return { problems: [inner] };
  const malformed: Malformed[] = [];
  const problems: string[] = [];
  const root = new Reader(inner, [], malformed);
  const version = root.string('apiVersion') ?? '';
  if (root.string('kind') !== 'PodSecurityConfiguration' || !version.startsWith(group)) {
    return { problems: [`it is no PodSecurityConfiguration of ${group.slice(0, -1)}`] };
  }
  const defaults = root.object('defaults');
  const policyOf = (mode: PodSecurityMode): PodSecurityPolicy => {
    const level = defaults.string(mode) || 'privileged';
    const text = defaults.string(`${mode}-version`) || 'latest';
    const parsed = parsePodSecurityLevel(level);
    if (parsed === undefined) {
      problems.push(`defaults.${mode}: ${quoteGo(level)} must be one of privileged, baseline, restricted`);
    }
    const policyVersion = parsePolicyVersion(text);
    if (policyVersion === undefined) {
      problems.push(`defaults.${mode}-version: ${quoteGo(text)} must be "latest" or "v1.x"`);
    }
    return { level: parsed ?? 'privileged', version: policyVersion ?? latestVersion };
  };
  const exemptions = root.object('exemptions');
  const names = (key: string, isValid: (name: string) => boolean): ReadonlySet<string> => {
    const found = new Set<string>();
    for (const [index, name] of exemptions.strings(key).entries()) {
      const at = `exemptions.${key}[${index}]: ${quoteGo(name)}`;
      if (!isValid(name)) problems.push(`${at} is no valid name`);
      else if (found.has(name)) problems.push(`${at} is there twice`);
      found.add(name);
    }
    return found;
  };
  const configuration: PodSecurityConfiguration = {
    defaults: { enforce: policyOf('enforce'), audit: policyOf('audit'), warn: policyOf('warn') },
    exemptions: {
      usernames: names('usernames', (name) => name !== ''),
      namespaces: names('namespaces', (name) => dnsLabel.test(name)),
      runtimeClasses: names('runtimeClasses', (name) => dnsSubdomain.test(name)),
    },
    labelPrefix: podSecurityLabelPrefix,
    templates: 'warned',
  };
  const all = [...malformed.map(({ message }) => message), ...problems];
  return all.length > 0 ? { problems: all } : configuration;
}

const builtIn = { apiVersion: `${group}v1`, kind: 'PodSecurityConfiguration' };

function unwrap(value: Json) {
  if (!isObject(value)) return 'it is no configuration';
  if (own(value, 'kind') !== 'AdmissionConfiguration') return value;
  const plugin = objectsIn(own(value, 'plugins')).find((each) => own(each, 'name') === 'PodSecurity');
  if (plugin === undefined) return builtIn;
  const configuration = own(plugin, 'configuration');
  if (isObject(configuration)) return configuration;
  const path = own(plugin, 'path');
  return typeof path === 'string' ? `the configuration of PodSecurity is in ${path}: name that file` : builtIn;
}
