import { describe, expect, it } from 'vitest';
import type { ResourceRule } from '../../semantics/admission-policy/index.ts';
import { certificateNames, type HookSettings, serverNameOf, webhooksOf } from './configurations.ts';
import { hookRules } from './rules.ts';

const rule = (group: string, ...resources: string[]): ResourceRule => ({
  apiGroups: [group],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources,
  scope: '*',
});

const settings: HookSettings = {
  target: { service: { namespace: 'bulwark', name: 'hook', port: 443 } },
  bundle: 'PEM',
  rules: hookRules({
    enforced: [rule('', 'pods'), rule('*', 'widgets'), rule('', 'pods/*', '*')],
    advisory: [rule('batch', 'cronjobs')],
    mutating: [rule('', 'pods')],
  }),
  exempt: ['bulwark', 'kube-system'],
  failurePolicy: 'Fail',
  timeoutSeconds: 5,
  labelSetBy: 'server',
};

describe('the hooks of a configuration', () => {
  it('fail closed only for what is named', () => {
    const hooks = webhooksOf('validating', settings);
    expect(hooks.map(({ name, failurePolicy, rules }) => ({ name, failurePolicy, rules }))).toEqual([
      {
        name: 'enforce.webhook.bulwark.dev',
        failurePolicy: 'Fail',
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'], scope: '*' },
        ],
      },
      {
        name: 'advise.webhook.bulwark.dev',
        failurePolicy: 'Ignore',
        rules: [
          // Servers before 1.21 have cron jobs in v1beta1 alone.
          expect.objectContaining({ apiGroups: ['batch'], apiVersions: ['v1', 'v1beta1'] }),
          expect.objectContaining({ apiGroups: ['*'], resources: ['widgets'] }),
          expect.objectContaining({ apiGroups: [''], resources: ['pods/*', '*'] }),
        ],
      },
      {
        name: 'probe.webhook.bulwark.dev',
        failurePolicy: 'Fail',
        rules: [expect.objectContaining({ operations: ['CREATE'], resources: ['events'] })],
      },
    ]);
  });

  it('never see the webhook’s own namespace, by a label that users cannot set', () => {
    for (const kind of ['validating', 'mutating'] as const) {
      for (const { namespaceSelector, objectSelector, sideEffects } of webhooksOf(kind, settings).filter(
        ({ name }) => name !== 'probe.webhook.bulwark.dev',
      )) {
        const values = ['bulwark', 'kube-system'];
        expect(namespaceSelector).toEqual({
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values }],
        });
        expect([objectSelector, sideEffects]).toEqual([{}, 'None']);
      }
    }
  });

  it('that change objects fail open, and run again after others', () => {
    expect(webhooksOf('mutating', settings)).toMatchObject([
      { name: 'harden.webhook.bulwark.dev', failurePolicy: 'Ignore', reinvocationPolicy: 'IfNeeded' },
    ]);
  });

  it('are none where no policy needs one', () => {
    const rules = hookRules({ enforced: [], advisory: [], mutating: [] });
    expect(webhooksOf('validating', { ...settings, rules, labelSetBy: 'users' })).toEqual([]);
    expect(webhooksOf('mutating', { ...settings, rules })).toEqual([]);
  });

  it('answer the keeper about its own events, and see no others', () => {
    const probe = webhooksOf('validating', settings).find(({ name }) => name === 'probe.webhook.bulwark.dev');
    expect(probe).toMatchObject({
      namespaceSelector: { matchExpressions: [{ operator: 'In', values: ['bulwark'] }] },
      objectSelector: { matchLabels: { 'bulwark.dev/webhook-probe': 'true' } },
    });
  });

  it('guard the label where users may set it', () => {
    expect(webhooksOf('validating', { ...settings, labelSetBy: 'users' })[0]).toMatchObject({
      name: 'guard.webhook.bulwark.dev',
      failurePolicy: 'Fail',
      namespaceSelector: {},
      rules: [{ resources: ['namespaces', 'namespaces/finalize', 'namespaces/status'] }],
      objectSelector: { matchExpressions: [{ operator: 'In', values: ['bulwark', 'kube-system'] }] },
    });
  });
});

describe('a target', () => {
  it.each<[string, HookSettings['target'], string, string, readonly string[]]>([
    [
      'that is a Service',
      settings.target,
      'hook.bulwark.svc',
      '{"caBundle":"UEVN","service":{"name":"hook","namespace":"bulwark","path":"/validate","port":443}}',
      ['hook.bulwark.svc', 'hook.bulwark.svc.cluster.local', 'hook.bulwark'],
    ],
    [
      'that is a URL',
      { url: 'https://[::1]:8443/' },
      '::1',
      '{"caBundle":"UEVN","url":"https://[::1]:8443/validate"}',
      ['::1'],
    ],
  ])('%s', (_, target, name, clientConfig, names) => {
    expect(serverNameOf(target)).toBe(name);
    expect(certificateNames(target)).toEqual(names);
    expect(webhooksOf('validating', { ...settings, target })[0]?.['clientConfig']).toEqual(JSON.parse(clientConfig));
  });
});
