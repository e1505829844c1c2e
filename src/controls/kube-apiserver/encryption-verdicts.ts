import type { Facts } from '../../facts/facts.ts';
import { isObject, own } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { type Failure, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import {
  type EncryptionVersion,
  encryptionOf,
  type ReadEncryptionConfig,
  readEncryptionConfig,
} from '../../semantics/encryption-config/index.ts';
import { settingFailure } from '../setting-control.ts';
import { type DocumentOf, documentFailure, type NamedDocument, namedDocuments, notKnown } from './named-file.ts';
import { settingOf, textOf } from './server-control.ts';

const secrets = { resource: 'secrets', group: '' };

/** The EncryptionConfiguration, under the flag's old name too. */
export function encryptionDocument(server: NodeComponent, facts: Facts): NamedDocument {
  const old = 'experimental-encryption-provider-config';
  const flag = textOf(server, 'encryption-provider-config') === '' && textOf(server, old) !== '' ? old : undefined;
  return facts.get(namedDocuments)(server, flag ?? 'encryption-provider-config');
}

interface Judged extends ReadEncryptionConfig {
  readonly version: EncryptionVersion;
  readonly document: DocumentOf;
}

/** `without`: what it is where nothing is encrypted at all, which `encryption-config` says. */
export function judgeConfig(
  server: NodeComponent,
  facts: Facts,
  { without, judge }: { without: 'fails' | 'is-moot'; judge: (config: Judged) => Verdict | readonly Failure[] },
): Verdict | readonly Failure[] {
  const document = encryptionDocument(server, facts);
  if (document.kind === 'unusable') return without === 'fails' ? document.verdict : notKnown(document.verdict);
  if (document.kind === 'unset') {
    if (without === 'is-moot') return notApplicable('there is no encryption configuration');
    const says = 'Secrets are written to etcd in plain text';
    return settingFailure(server, settingOf(server, 'encryption-provider-config'), { says });
  }
  const gates = server.config.get('feature-gates')?.value;
  const version = { minor: server.config.minor, kmsV1: isObject(gates) && own(gates, 'KMSv1') === true };
  return judge({ ...readEncryptionConfig(document.value, version), version, document });
}

/** Whether what writes Secrets is a real cipher. */
export function judgeSecrets({ config, version, document }: Judged): Verdict {
  const found = encryptionOf(config, secrets, version);
  if (found === undefined) {
    const message = 'no entry names secrets: they are written to etcd in plain text';
    return documentFailure(document, ['resources'], { message });
  }
  const { writer, rule } = found;
  if (writer === undefined)
    return documentFailure(document, rule.path, { message: 'the entry that names secrets has no provider' });
  if (writer.kind === 'identity') {
    const message = 'identity is the first provider of secrets: they are written to etcd in plain text';
    return documentFailure(document, writer.path, { message });
  }
  if (writer.kind === 'aesgcm') {
    const message =
      'aesgcm writes secrets, which is safe only while something exchanges its key every 200,000 writes by itself';
    return documentFailure(document, writer.path, { message, severity: 'medium' });
  }
  return pass;
}

/** Entries that name what an earlier one names, save for what validation refuses. */
export function namedAgain({ config, document }: Judged): Failure[] {
  const failures: Failure[] = [];
  const named = new Set<string>();
  for (const { resources, path } of config.rules) {
    for (const [index, name] of resources.entries()) {
      if (!named.has(name)) continue;
      const message = `${name} is named by an earlier entry, which writes it: this one is only read with`;
      failures.push(documentFailure(document, [...path, 'resources', index], { message, key: name }));
    }
    for (const name of resources) named.add(name);
  }
  return failures;
}

/** Providers that are better than nothing, and have better successors. */
export function outdated({ config, version, document }: Judged): Verdict | readonly Failure[] {
  const writer = encryptionOf(config, secrets, version)?.writer;
  if (writer?.kind === 'aescbc') {
    const message = 'aescbc writes secrets: its data is not authenticated';
    return documentFailure(document, writer.path, { message });
  }
  // Where v1 is off, the server does not start, which encryption-valid says.
  const off = version.kmsV1 !== true && (version.minor === undefined || version.minor >= 29);
  // Before v1.27 the second version is not there, or off by default.
  const hasSuccessor = version.minor === undefined || version.minor >= 27;
  if (writer?.kind === 'kms' && writer.kms?.apiVersion === 'v1' && !off && hasSuccessor) {
    const message = `KMS v1 writes secrets (provider ${writer.kms.name}), which is deprecated since v1.28`;
    return documentFailure(document, writer.path, { message, severity: 'medium' });
  }
  return [];
}
