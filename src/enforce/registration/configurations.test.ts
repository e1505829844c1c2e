import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../../model/admission.ts';
import { loadWebhookConditions, type ResourceRule } from '../../semantics/admission-policy/index.ts';
import { certificateNames, type HookSettings, serverNameOf, webhooksOf } from './configurations.ts';
import { hookRules } from './rules.ts';

const request: AdmissionRequest = {
  uid: '1',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  subResource: '',
  name: 'web',
  namespace: 'shop',
  operation: 'CREATE',
  userInfo: { username: '', uid: '', groups: [], extra: new Map() },
  object: {},
  oldObject: undefined,
  options: undefined,
  dryRun: false,
  value: {},
};

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
  rules: hookRules(
    {
      enforced: [rule('', 'pods'), rule('*', 'widgets'), rule('', 'pods/*', '*')],
      advisory: [rule('batch', 'cronjobs')],
      mutating: [rule('', 'pods')],
      refusing: [],
      exempt: [],
    },
    30,
  ),
  exempt: ['bulwark', 'kube-system'],
  failurePolicy: 'Fail',
  timeoutSeconds: 5,
  labelSetBy: 'server',
  serverMinor: 30,
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
          expect.objectContaining({ apiGroups: [''], resources: ['*'] }),
          expect.objectContaining({ apiGroups: [''], resources: ['pods/*'] }),
          expect.objectContaining({ apiGroups: ['*'], resources: ['widgets'] }),
          // Servers before 1.21 have cron jobs in v1beta1 alone.
          expect.objectContaining({ apiGroups: ['batch'], apiVersions: ['v1', 'v1beta1'] }),
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

  it('leave out what API servers of 1.30 and later write themselves, and nothing of earlier ones', async () => {
    const conditions = (serverMinor: number | undefined) =>
      webhooksOf('validating', { ...settings, serverMinor }).map(({ name, matchConditions }) => [
        name,
        matchConditions,
      ]);
    const [condition] = conditions(30)[0]?.[1] as unknown as [{ name: string; expression: string }];
    expect(condition.name).toBe('not-the-api-server');
    expect(conditions(30)).toEqual([
      ['enforce.webhook.bulwark.dev', [condition]],
      ['advise.webhook.bulwark.dev', [condition]],
      ['probe.webhook.bulwark.dev', undefined],
    ]);
    for (const minor of [undefined, 20, 29])
      expect(conditions(minor).filter(([, list]) => list !== undefined)).toEqual([]);
    const { conditions: loaded, problems } = await loadWebhookConditions([condition], { serverMinor: 30 });
    expect(problems).toEqual([]);
    const by = (username: string, groups: readonly string[]) =>
      loaded?.evaluate({ ...request, userInfo: { ...request.userInfo, username, groups } }, {});
    expect(by('system:apiserver', ['system:masters'])).toBe('skip');
    expect(by('system:apiserver', ['system:authenticated'])).toBe('match');
    expect(by('jane', ['system:masters'])).toBe('match');
    expect(by('jane', [])).toBe('match');
  });

  it('that change objects fail open, and run again after others', () => {
    expect(webhooksOf('mutating', settings)).toMatchObject([
      { name: 'harden.webhook.bulwark.dev', failurePolicy: 'Ignore', reinvocationPolicy: 'IfNeeded' },
    ]);
  });

  it('are none where no policy needs one', () => {
    const rules = hookRules({ enforced: [], advisory: [], mutating: [], refusing: [], exempt: [] }, 30);
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
