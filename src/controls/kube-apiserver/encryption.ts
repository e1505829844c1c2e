import { formatPath } from '../../model/path.ts';
import { notApplicable, pass } from '../../model/verdict.ts';
import { settingFailure } from '../setting-control.ts';
import { aescbc, entry, kms, withEncryption, withEncryptionOf } from './encryption-examples.ts';
import { kmsFailures } from './encryption-kms.ts';
import { encryptionDocument, judgeConfig, judgeSecrets, namedAgain, outdated } from './encryption-verdicts.ts';
import { documentFailure } from './named-file.ts';
import { apiServer, serverControls, settingOf } from './server-control.ts';

const covered = ['kube-apiserver/encryption-config'];

/**
 * Encryption at rest, as far as the configuration says; what is in etcd is another question. Keys are redacted when the
 * file is read, so that their length and randomness are not judged. Sources: CIS Kubernetes Benchmark 1.12, 1.2.27 and
 * 1.2.28; the API server's own rules in semantics/encryption-config.
 */
export default serverControls([
  {
    name: 'encryption-config',
    title: 'The API server has a configuration of encryption at rest',
    severity: 'medium',
    why: 'Without it Secrets lie in etcd in plain text: whoever gets a disk, a snapshot or a backup of etcd has them all.',
    remedy:
      'Name an EncryptionConfiguration with a secretbox provider for secrets, or from v1.27 on one of KMS v2, and rewrite all Secrets then.',
    check: (server, facts) => {
      const document = encryptionDocument(server, facts);
      if (document.kind === 'document') return pass;
      if (document.kind === 'unusable') return document.verdict;
      const says = 'Secrets are written to etcd in plain text';
      return settingFailure(server, settingOf(server, 'encryption-provider-config'), { says });
    },
    examples: {
      fail: [
        apiServer(),
        apiServer('--encryption-provider-config-automatic-reload=true'),
        apiServer('--encryption-provider-config=/etc/kubernetes/no.yaml'),
      ],
      pass: [withEncryption(entry('secrets', aescbc))],
    },
  },
  {
    name: 'encryption-secrets',
    title: 'Secrets are written to etcd encrypted',
    severity: 'high',
    why: 'The first provider of the first entry that names secrets writes them. With identity there, or no entry at all, they are plain text although there is a configuration.',
    remedy:
      'Put secretbox, aescbc or (v2 from v1.27 on) kms first, identity last, and rewrite all Secrets: kubectl get secrets -A -o json | kubectl replace -f -',
    coveredBy: covered,
    check: (server, facts) => judgeConfig(server, facts, { without: 'fails', judge: judgeSecrets }),
    examples: {
      fail: [
        apiServer(),
        withEncryption(entry('secrets', 'identity: {}', aescbc)),
        withEncryption(entry('configmaps', aescbc)),
        withEncryption(entry('secrets', 'identity: {}'), entry('secrets', aescbc)),
        withEncryption(entry('secrets', 'aesgcm: {keys: [{name: a, secret: x}]}')),
      ],
      pass: [
        withEncryption(entry('secrets', aescbc, 'identity: {}')),
        withEncryption(entry("'*.*'", kms())),
        withEncryption(entry('configmaps', 'identity: {}'), entry('secrets', aescbc)),
      ],
    },
  },
  {
    name: 'encryption-valid',
    title: 'The configuration of encryption is one that the API server takes',
    severity: 'high',
    why: 'The API server does not start with a configuration that it refuses; while it runs, it keeps the one from before.',
    check: (server, facts) =>
      judgeConfig(server, facts, {
        without: 'is-moot',
        judge: ({ problems, document }) =>
          problems.slice(0, 20).map(({ path, message }) => {
            const says = `${message}, and the server does not start with it`;
            return documentFailure(document, path, { message: says, key: formatPath(path) });
          }),
      }),
    examples: {
      fail: [
        withEncryption(entry('secrets')),
        withEncryption(entry("'*.*'", 'identity: {}'), entry('secrets', aescbc)),
        withEncryption(entry('secrets', kms('apiVersion: v1, '))),
      ],
      pass: [withEncryption(entry('secrets', aescbc)), withEncryption(entry('secrets', kms()))],
    },
  },
  {
    name: 'encryption-order',
    title: 'Each resource is named by one entry of the encryption configuration',
    severity: 'medium',
    why: 'Of two entries that name a resource the first writes it, and the second is only read with: new keys in the second have no effect.',
    check: (server, facts) => judgeConfig(server, facts, { without: 'is-moot', judge: namedAgain }),
    examples: {
      fail: [withEncryption(entry('secrets', aescbc), entry('secrets', kms()))],
      pass: [withEncryption(entry('secrets', aescbc), entry('configmaps', kms()))],
    },
  },
  {
    name: 'encryption-provider',
    title: 'Data is encrypted with a provider that is not outdated',
    severity: 'low',
    why: 'aescbc is not authenticated: whoever can write to etcd may change what is decrypted. KMS v1 asks the plugin for each write, is deprecated since v1.28, and off since v1.29.',
    remedy: 'Use secretbox, or from v1.27 on kms with apiVersion: v2.',
    coveredBy: [...covered, 'kube-apiserver/encryption-secrets'],
    check: (server, facts) => judgeConfig(server, facts, { without: 'is-moot', judge: outdated }),
    examples: {
      fail: [
        withEncryption(entry('secrets', aescbc)),
        withEncryptionOf('1.28', entry('secrets', kms('apiVersion: v1, '))),
      ],
      pass: [
        withEncryption(entry('secrets', kms())),
        withEncryption(entry('secrets', 'secretbox: {keys: [{name: a, secret: x}]}')),
      ],
    },
  },
  {
    name: 'encryption-kms',
    title: 'The KMS plugin is reached at a socket that only root can replace',
    severity: 'high',
    why: 'Whoever makes the socket first is the KMS: it is given every key in plain text. A plugin that may take long holds up every request.',
    check: (server, facts) =>
      judgeConfig(server, facts, {
        without: 'is-moot',
        judge: ({ config, document }) => kmsFailures(config, document),
      }),
    examples: {
      fail: [
        withEncryption(entry('secrets', kms().replace('/run/kms.sock', '/tmp/kms.sock'))),
        withEncryption(entry('secrets', kms().replace('/run/kms.sock', '@kms'))),
        withEncryption(entry('secrets', kms('timeout: 30s, '))),
      ],
      pass: [withEncryption(entry('secrets', kms()))],
    },
  },
  {
    name: 'encryption-reload',
    title: 'New encryption keys are taken without a restart',
    severity: 'info',
    why: 'Keys are exchanged in several steps, each on every API server: what needs no restart is done more often.',
    coveredBy: covered,
    check: (server, facts) => {
      const name = 'encryption-provider-config-automatic-reload';
      const setting = server.config.get(name);
      if (setting === undefined || encryptionDocument(server, facts).kind === 'unset')
        return notApplicable('there is no encryption configuration that could be reloaded');
      if (setting.value === true) return pass;
      return settingFailure(server, setting, { says: 'new keys need a restart' });
    },
    mend: {
      safety: 'safe',
      changes: () => [
        {
          kind: 'setting',
          component: 'kube-apiserver',
          name: 'encryption-provider-config-automatic-reload',
          value: true,
        },
      ],
    },
    examples: {
      fail: [withEncryption(entry('secrets', aescbc))],
      pass: [
        withEncryption(entry('secrets', aescbc)).replace(
          '- kube-apiserver\n',
          '- kube-apiserver\n        - --encryption-provider-config-automatic-reload=true\n',
        ),
      ],
    },
  },
]);
