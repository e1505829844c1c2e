import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { Control } from '../control.ts';
import { file } from '../node-examples.ts';
import { apiServer } from './server-control.ts';

const controls: Control<'component'>[] = [];
for (const name of readdirSync(import.meta.dirname)) {
  if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
  const loaded = (await import(/* @vite-ignore */ join(import.meta.dirname, name))) as {
    default?: Control<'component'> | readonly Control<'component'>[];
  };
  if (loaded.default !== undefined) controls.push(...[loaded.default].flat());
}

const flags = [
  'admission-control-config-file',
  'audit-policy-file',
  'audit-webhook-config-file',
  'authentication-config',
  'authorization-config',
  'encryption-provider-config',
  'tracing-config-file',
];

// Words that controls look for, so that random files reach past the first test.
const word = fc.constantFrom(
  ...['rules', 'resources', 'providers', 'kms', 'aescbc', 'identity', 'keys', 'name', 'level', 'users', 'verbs'],
  ...['plugins', 'path', 'configuration', 'limits', 'qps', 'authorizers', 'type', 'webhook', 'connectionInfo', 'jwt'],
  ...[
    'issuer',
    'url',
    'audiences',
    'claimMappings',
    'username',
    'groups',
    'clusters',
    'cluster',
    'server',
    'anonymous',
  ],
  ...[
    'kubeConfigFile',
    'endpoint',
    'timeout',
    'userValidationRules',
    'expression',
    'conditions',
    '__proto__',
    'constructor',
  ],
);
const scalar = fc.constantFrom<unknown>(
  ...[null, true, 0, -1, '', '*', '*.*', 'secrets', 'Metadata', 'RequestResponse', 'EventRateLimit', 'Webhook'],
  ...['unix:///tmp/x', 'https://x', 'e.yaml', '/etc/kubernetes/authorization-config', '/', 'a\0b'],
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    scalar,
    fc.string(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), tie('tree'), { maxKeys: 5 }),
  ),
}));

it('no file makes a control throw', () => {
  fc.assert(
    fc.property(fc.array(tree, { minLength: flags.length, maxLength: flags.length }), (values) => {
      const args = flags.map((flag) => `--${flag}=/etc/kubernetes/${flag}`);
      const files = flags.map((flag, index) => file(`/etc/kubernetes/${flag}`, JSON.stringify(values[index])));
      const plugins = '--enable-admission-plugins=EventRateLimit,ImagePolicyWebhook';
      const { errors } = judgeText(controls, apiServer(...args, plugins) + files.join(''));
      expect(errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

it('no argument makes a control throw', () => {
  const flag = fc.constantFrom(
    'oidc-issuer-url',
    'etcd-servers',
    'etcd-servers-overrides',
    'feature-gates',
    'runtime-config',
  );
  const others = fc.constantFrom(
    'tls-cipher-suites',
    'requestheader-allowed-names',
    'request-timeout',
    'audit-policy-file',
  );
  const argument = fc
    .tuple(fc.oneof(flag, others), fc.string())
    .map(([name, value]) => `--${name}=${value.replace(/[^\x20-\x7e]/g, 'x')}`);
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 6 }), (args) => {
      const { errors } = judgeText(controls, apiServer(...args));
      expect(errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
