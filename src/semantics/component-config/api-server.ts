import type { ConfigurationProblem, Setting } from '../../model/component.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';
import { type ParsedDocument, YamlError } from '../../yaml/parse.ts';
import { effectiveAdmissionPlugins } from './admission-plugins.ts';
import { firstDocument } from './config-file.ts';
import { flagOrigin, type Layers, placeOf, stringsOf } from './layers.ts';

/**
 * What the API server takes from the files that its flags name, on top of the flags:
 *
 * - `--authorization-config` replaces `--authorization-mode`; `authorization-mode` lists the types of its authorizers;
 * - `--authentication-config` replaces `--oidc-*` and, where it has `anonymous`, `--anonymous-auth`;
 *   `anonymous-auth.paths` lists the only paths that are open to anonymous requests (none listed: all);
 * - anonymous requests are off while `--authorization-mode` has AlwaysAllow;
 * - `oidc-issuers`, `admission-plugins`, `admission-plugins.configured` and `encryption-providers` are derived.
 */
export function completeApiServer(layers: Layers, settings: Map<string, Setting>): void {
  const authorization = structured(layers, 'authorization-config');
  if (authorization !== undefined) authorizers(layers, settings, authorization);
  refuseAnonymous(settings);
  const authentication = structured(layers, 'authentication-config');
  settings.set('anonymous-auth.paths', derived(layers, 'anonymous-auth.paths', []));
  settings.set('oidc-issuers', oidcIssuers(layers, settings));
  if (authentication !== undefined) authenticators(layers, settings, authentication);
  settings.set('admission-plugins', effectiveAdmissionPlugins(layers, settings));
  settings.set('admission-plugins.configured', configuredPlugins(layers));
  settings.set('encryption-providers', encryptionProviders(layers));
  structured(layers, 'audit-policy-file');
}

/** A file that a flag names: its content, or that it could not be had. */
interface StructuredFile {
  readonly path: string;
  readonly origin: Setting['origin'];
  /** Undefined: the file could not be read, or is no object. */
  readonly content: { readonly reader: Reader; readonly document: ParsedDocument } | undefined;
}

function structured(layers: Layers, flag: string): StructuredFile | undefined {
  const given = layers.path(flag);
  if (given === undefined) return undefined;
  const origin = flagOrigin(given.use);
  const report = (
    problem: Omit<ConfigurationProblem, 'where'>,
    where: Partial<ConfigurationProblem>,
  ): StructuredFile => {
    layers.problems.push({ where: given.text, ...problem, ...where });
    return { path: given.text, origin, content: undefined };
  };
  const text = layers.input.readFile(given.text);
  if (text === undefined) {
    const message = `${given.text}, which --${flag} names, could not be read`;
    return report({ kind: 'unreadable', message }, placeOf(given.use));
  }
  const document = firstDocument(text);
  if (document instanceof YamlError) {
    const { line, column } = document;
    return report({ kind: 'invalid', message: `${given.text} is no YAML: ${document.message}`, line, column }, {});
  }
  if (!isObject(document.value)) {
    const message = `${given.text}, which --${flag} names, holds no configuration`;
    return report({ kind: 'invalid', message, line: 1 }, {});
  }
  const reader = new Reader(document.value as JsonObject, [], []);
  return { path: given.text, origin, content: { reader, document } };
}

function at(file: StructuredFile, path: Path): Setting['origin'] {
  const region = file.content?.document.positions.locate(path);
  return { kind: 'file', file: file.path, line: region?.line ?? 1, column: region?.column ?? 1 };
}

function derived(layers: Layers, name: string, value: Json): Setting {
  return { name, value, origin: { kind: 'default', of: layers.versionName } };
}

function authorizers(layers: Layers, settings: Map<string, Setting>, file: StructuredFile): void {
  exclusive(
    layers,
    '--authorization-config',
    (flag) => flag === 'authorization-mode' || flag.startsWith('authorization-webhook-'),
  );
  const types = file.content?.reader.objects('authorizers').map((authorizer) => authorizer.string('type') ?? '');
  settings.set('authorization-mode', {
    name: 'authorization-mode',
    value: types ?? null,
    origin: types === undefined ? file.origin : at(file, ['authorizers']),
  });
}

/** With AlwaysAllow among the modes, the API server turns anonymous requests off, whatever the flag says. */
function refuseAnonymous(settings: Map<string, Setting>): void {
  const modes = settings.get('authorization-mode');
  const anonymous = settings.get('anonymous-auth');
  if (modes === undefined || modes.origin.kind === 'file' || anonymous?.value !== true) return;
  if (!stringsOf(modes).includes('AlwaysAllow')) return;
  const origin = { kind: 'default', of: 'off, since authorization-mode has AlwaysAllow' } as const;
  settings.set('anonymous-auth', { ...anonymous, value: false, origin });
}

function authenticators(layers: Layers, settings: Map<string, Setting>, file: StructuredFile): void {
  exclusive(layers, '--authentication-config', (flag) => flag.startsWith('oidc-'));
  const { reader } = file.content ?? {};
  if (reader === undefined) {
    for (const name of ['anonymous-auth', 'anonymous-auth.paths', 'oidc-issuers']) {
      settings.set(name, { name, value: null, origin: file.origin });
    }
    return;
  }
  const issuers = reader.objects('jwt').map((jwt) => jwt.object('issuer').string('url') ?? '');
  settings.set('oidc-issuers', { name: 'oidc-issuers', value: issuers, origin: at(file, ['jwt']) });
  if (!reader.has('anonymous')) return;
  exclusive(layers, `anonymous in ${file.path}`, (flag) => flag === 'anonymous-auth');
  const anonymous = reader.object('anonymous');
  const enabled = anonymous.boolean('enabled') ?? false;
  settings.set('anonymous-auth', {
    name: 'anonymous-auth',
    value: enabled,
    origin: at(file, ['anonymous', 'enabled']),
  });
  const paths = anonymous.objects('conditions').map((condition) => condition.string('path') ?? '');
  const origin = at(file, ['anonymous', 'conditions']);
  settings.set('anonymous-auth.paths', { name: 'anonymous-auth.paths', value: paths, origin });
}

/** The API server does not start with a file and a flag that the file replaces. */
function exclusive(layers: Layers, what: string, replaces: (flag: string) => boolean): void {
  for (const row of layers.givenRows()) {
    if (row.flag === undefined || !replaces(row.flag)) continue;
    for (const use of layers.usesOf(row)) {
      const message = `${use.spelling} does not go with ${what}: kube-apiserver does not start with both`;
      layers.problems.push({ kind: 'invalid', message, ...placeOf(use) });
    }
  }
}

function oidcIssuers(layers: Layers, settings: ReadonlyMap<string, Setting>): Setting {
  const flag = settings.get('oidc-issuer-url');
  if (flag === undefined || typeof flag.value !== 'string' || flag.value === '')
    return derived(layers, 'oidc-issuers', []);
  return { name: 'oidc-issuers', value: [flag.value], origin: flag.origin };
}

/** Names of the plugins that the AdmissionConfiguration has something for. */
function configuredPlugins(layers: Layers): Setting {
  const name = 'admission-plugins.configured';
  const file = structured(layers, 'admission-control-config-file');
  if (file === undefined) return derived(layers, name, []);
  if (file.content === undefined) return { name, value: null, origin: file.origin };
  const names = file.content.reader.objects('plugins').map((plugin) => plugin.string('name') ?? '');
  return { name, value: names, origin: at(file, ['plugins']) };
}

/**
 * For each entry of the EncryptionConfiguration in its order: the resources, and the kinds of provider that they are
 * written (the first) and read with. Keys are left out. Nothing is encrypted without the file.
 */
function encryptionProviders(layers: Layers): Setting {
  const name = 'encryption-providers';
  const file =
    structured(layers, 'encryption-provider-config') ?? structured(layers, 'experimental-encryption-provider-config');
  if (file === undefined) return derived(layers, name, []);
  if (file.content === undefined) return { name, value: null, origin: file.origin };
  const entries = file.content.reader.objects('resources').map((entry) => ({
    resources: entry.strings('resources'),
    providers: entry.objects('providers').map(({ raw }) => Object.keys(raw)[0] ?? ''),
  }));
  return { name, value: entries, origin: at(file, ['resources']) };
}
