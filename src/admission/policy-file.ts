import type { AnyControl } from '../controls/control.ts';
import { ExceptionBook } from '../engine/exceptions.ts';
import { expiryOf } from '../engine/expiry.ts';
import type { Exception } from '../model/exception.ts';
import { describeType, isObject, type Json, own } from '../model/json.ts';
import { formatPath, type Path } from '../model/path.ts';
import {
  latestVersion,
  type PodSecurityConfiguration,
  type PodSecurityPolicies,
  type PodSecurityPolicy,
  parsePolicyVersion,
  pluginConfiguration,
  podSecurityLabelPrefix,
  podSecurityLevels,
  podSecurityModes,
} from '../semantics/pod-security/index.ts';
import { type ChosenControls, type ControlChoice, chooseControls } from './choose-controls.ts';
import { imageRuleIds } from './image-stage.ts';
import { podSecurityIds } from './pod-security-exceptions.ts';
import {
  type AdmissionPolicies,
  type Exemptions,
  type Hardening,
  hardeningFields,
  type ImageRules,
  noPolicies,
  policyModes,
} from './policies.ts';
import { type Complain, PolicyReader } from './policy-reader.ts';

const policyApiVersion = 'bulwark.dev/v1';
const policyKind = 'AdmissionPolicy';

export interface ReadPolicyOptions {
  /** Those that there are to choose from. */
  readonly controls: readonly AnyControl[];
  readonly complain: Complain;
  /** `policy.yaml:12`: where a path of the document stands, for exceptions. */
  readonly place: (path: Path) => string;
}

export interface ReadPolicy {
  readonly policies: AdmissionPolicies;
  /** What its patterns lose of controls. */
  readonly controls: Pick<ChosenControls, 'left' | 'losses'>;
}

/** Whether a document says that it is a policy file. */
export function isPolicyDocument(value: Json): boolean {
  return (
    isObject(value) && own(value, 'kind') === policyKind && String(own(value, 'apiVersion')).startsWith('bulwark.')
  );
}

const noControls: ReadPolicy['controls'] = { left: new Map(), losses: [] };

/** Reads an AdmissionPolicy of Bulwark; see `schema/webhook.schema.json`. What is wrong is complained of, all of it. */
export function readPolicy(value: Json, options: ReadPolicyOptions): ReadPolicy {
  const { complain } = options;
  if (!isObject(value)) {
    complain([], `the policy is ${describeType(value)}, not an object`);
    return { policies: noPolicies, controls: noControls };
  }
  const root = new PolicyReader(value, [], complain).only('apiVersion', 'kind', 'metadata', 'spec');
  if (own(value, 'apiVersion') !== policyApiVersion) {
    root.problem('apiVersion', `apiVersion must be ${policyApiVersion}`);
  }
  // Labels and annotations of the metadata are whoever keeps the file's.
  const name = root.object('metadata')?.string('name') ?? '';
  const spec = root.object('spec');
  if (spec === undefined) {
    complain([], 'spec is missing');
    return { policies: noPolicies, controls: noControls };
  }
  spec.only(...['podSecurity', 'controls', 'images', 'podSecurityPolicies', 'hardening', 'exceptions', 'exemptions']);
  const controls = readControls(spec, options);
  return {
    policies: {
      name,
      podSecurity: readPodSecurity(spec.object('podSecurity')),
      controls: controls.chosen,
      images: readImages(spec.object('images')),
      podSecurityPolicies: spec.boolean('podSecurityPolicies') ?? false,
      ownPodSecurityPolicies: [],
      hardening: readHardening(spec.object('hardening')),
      exceptions: readExceptions(spec, options),
      exemptions: readExemptions(spec.object('exemptions')),
      admissionPolicies: undefined,
    },
    controls,
  };
}

function readPodSecurity(reader: PolicyReader | undefined): PodSecurityConfiguration | undefined {
  if (reader === undefined) return undefined;
  reader.only('labelPrefix', 'defaults', 'exemptions', 'templates');
  const exemptions = reader.object('exemptions')?.only('usernames', 'namespaces', 'runtimeClasses');
  return {
    labelPrefix: readLabelPrefix(reader),
    defaults: readDefaults(reader.object('defaults')),
    exemptions: {
      usernames: new Set(exemptions?.strings('usernames')),
      namespaces: new Set(exemptions?.strings('namespaces')),
      runtimeClasses: new Set(exemptions?.strings('runtimeClasses')),
    },
    templates: reader.choice('templates', ['warned', 'refused']) ?? 'warned',
  };
}

/** As in label keys: a DNS subdomain, and the slash. */
const prefixPattern = /^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?\/$/;

function readLabelPrefix(reader: PolicyReader): string {
  const prefix = reader.string('labelPrefix') ?? podSecurityLabelPrefix;
  if (!prefixPattern.test(prefix)) {
    reader.problem(
      'labelPrefix',
      `${reader.name('labelPrefix')} must be like ${podSecurityLabelPrefix}, with the slash`,
    );
  } else if (prefix === 'kubernetes.io/') {
    reader.problem('labelPrefix', `${reader.name('labelPrefix')} is that of Kubernetes itself`);
  }
  return prefix;
}

function readDefaults(reader: PolicyReader | undefined): PodSecurityPolicies {
  if (reader === undefined) return pluginConfiguration.defaults;
  reader.only(...podSecurityModes.flatMap((mode) => [mode, `${mode}-version`]));
  const of = (mode: (typeof podSecurityModes)[number]): PodSecurityPolicy => {
    const level = reader.choice(mode, podSecurityLevels) ?? 'privileged';
    const text = reader.string(`${mode}-version`);
    const version = text === undefined ? latestVersion : parsePolicyVersion(text);
    if (version === undefined) {
      reader.problem(`${mode}-version`, `${reader.name(`${mode}-version`)} must be latest or v1.N, such as v1.33`);
    }
    return { level, version: version ?? latestVersion };
  };
  return { enforce: of('enforce'), audit: of('audit'), warn: of('warn') };
}

function readControls(spec: PolicyReader, { controls }: ReadPolicyOptions): ChosenControls {
  const readers = spec.objects('controls').map((reader) => reader.only('control', 'mode'));
  const choices = readers.map(
    (reader): ControlChoice => ({
      pattern: reader.required('control'),
      mode: reader.choice('mode', policyModes) ?? 'enforce',
    }),
  );
  const found = chooseControls(choices, controls);
  for (const [index, message] of found.problems) {
    if (choices[index]?.pattern !== '') readers[index]?.problem('control', message);
  }
  return found;
}

function readImages(reader: PolicyReader | undefined): ImageRules | undefined {
  if (reader === undefined) return undefined;
  reader.only('registries', 'requireDigest', 'forbidTags', 'mode');
  const registries = reader.object('registries')?.only('allow', 'deny');
  const places = (key: 'allow' | 'deny'): readonly string[] => {
    const given = registries?.strings(key) ?? [];
    for (const place of given) {
      if (/^[A-Za-z0-9.[\]-]+(:\d+)?(\/[a-z0-9._/-]*)?$/.test(place)) continue;
      registries?.problem(
        key,
        `${registries.name(key)}: ${JSON.stringify(place)} is no registry such as docker.io/library`,
      );
    }
    return given;
  };
  const rules: ImageRules = {
    allow: places('allow'),
    deny: places('deny'),
    requireDigest: reader.boolean('requireDigest') ?? false,
    forbidTags: reader.strings('forbidTags'),
    mode: reader.choice('mode', policyModes) ?? 'enforce',
  };
  return rules;
}

function readHardening(reader: PolicyReader | undefined): Hardening | undefined {
  if (reader === undefined) return undefined;
  reader.only('fields', 'namespaces');
  const fields = new Set<(typeof hardeningFields)[number]>();
  for (const text of reader.strings('fields')) {
    const field = hardeningFields.find((known) => known === text);
    if (field !== undefined) fields.add(field);
    else reader.problem('fields', `${reader.name('fields')}: ${text} is none of ${hardeningFields.join(', ')}`);
  }
  if (!reader.has('fields')) reader.problem('fields', `${reader.name('fields')} must name what may be set`);
  const namespaces = reader.choice('namespaces', ['all', 'baseline', 'restricted']) ?? 'restricted';
  return { fields, namespaces: namespaces === 'all' ? 'privileged' : namespaces };
}

/** Users cannot name themselves, and a namespace's name is a label that nobody can change. */
function readExemptions(reader: PolicyReader | undefined): Exemptions {
  reader?.only('namespaces', 'usernames', 'groups');
  const everyone = ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'];
  const groups = reader?.strings('groups') ?? [];
  for (const group of groups) {
    if (everyone.includes(group)) reader?.problem('groups', `group ${group} holds everyone: nothing would be decided`);
  }
  return {
    namespaces: new Set(reader?.strings('namespaces')),
    usernames: new Set(reader?.strings('usernames')),
    groups: new Set(groups),
  };
}

function readExceptions(spec: PolicyReader, options: ReadPolicyOptions): readonly Exception[] {
  const read = spec.objects('exceptions').map((reader) => ({ reader, exception: readException(reader, options) }));
  const exceptions = read.map(({ exception }) => exception);
  const known = [...options.controls.map(({ id }) => id), ...podSecurityIds, ...imageRuleIds];
  // Whether one has expired depends on the day, and a file that was good yesterday must not stop the webhook.
  for (const { kind, exception, message } of new ExceptionBook(exceptions, known).problems(new Date(0))) {
    if (kind !== 'unknown-control' && kind !== 'contradiction') continue;
    const found = read.find((each) => each.exception === exception);
    if (exception.control !== '') found?.reader.problem('control', `${formatPath(found.reader.path)}: ${message}`);
  }
  return exceptions;
}

function readException(reader: PolicyReader, { place }: ReadPolicyOptions): Exception {
  reader.only('control', 'object', 'container', 'path', 'reason', 'owner', 'expires');
  const object = reader.object('object')?.only('kind', 'namespace', 'name');
  const [kind, namespace, name] = [object?.string('kind'), object?.string('namespace'), object?.string('name')];
  const container = reader.string('container');
  const path = reader.string('path');
  const expires = reader.required('expires');
  if (expires !== '' && expiryOf(expires) === undefined) {
    reader.problem('expires', `${reader.name('expires')}: ${expires} is no date such as 2027-01-31`);
  }
  return {
    control: reader.required('control'),
    ...(object !== undefined && {
      object: {
        ...(kind !== undefined && { kind }),
        ...(namespace !== undefined && { namespace }),
        ...(name !== undefined && { name }),
      },
    }),
    ...(container !== undefined && { container }),
    ...(path !== undefined && { path }),
    reason: reader.required('reason'),
    owner: reader.required('owner'),
    expires,
    origin: { by: 'configuration', place: place(reader.path) },
  };
}
