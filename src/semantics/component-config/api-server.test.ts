import { describe, expect, it } from 'vitest';
import { resolveComponent } from './resolve.ts';

function resolve(args: readonly string[], files: Readonly<Record<string, string>> = {}, minor = 33) {
  return resolveComponent({
    component: 'kube-apiserver',
    minor,
    args: args.map((text) => ({ text, where: 'pid 3' })),
    readFile: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
  });
}

const authentication = [
  'apiVersion: apiserver.config.k8s.io/v1beta1',
  'kind: AuthenticationConfiguration',
  'jwt:',
  '- issuer: {url: https://issuer.example, audiences: [a]}',
  'anonymous:',
  '  enabled: true',
  '  conditions:',
  '  - path: /livez',
  '',
].join('\n');

describe('the API server', () => {
  it('takes issuers and anonymous requests from the AuthenticationConfiguration', () => {
    const resolved = resolve(['--authorization-mode=RBAC', '--authentication-config=/a'], { '/a': authentication });
    expect(resolved.get('anonymous-auth')).toEqual({
      name: 'anonymous-auth',
      value: true,
      origin: { kind: 'file', file: '/a', line: 6, column: 3 },
    });
    expect(resolved.get('anonymous-auth.paths')?.value).toEqual(['/livez']);
    expect(resolved.get('oidc-issuers')?.value).toEqual(['https://issuer.example']);
    expect(resolved.problems).toEqual([]);
  });

  it.each<[string[], string]>([
    [['--authentication-config=/a', '--anonymous-auth=false'], '--anonymous-auth does not go with anonymous in /a'],
    [
      ['--authentication-config=/a', '--oidc-issuer-url=https://b'],
      '--oidc-issuer-url does not go with --authentication-config',
    ],
    [
      ['--authorization-config=/z', '--authorization-mode=RBAC'],
      '--authorization-mode does not go with --authorization-config',
    ],
    [
      ['--enable-admission-plugins=NodeRestrictions'],
      'NodeRestrictions in --enable-admission-plugins is no admission plugin',
    ],
    [
      ['--enable-admission-plugins=PodSecurityPolicy'],
      'PodSecurityPolicy in --enable-admission-plugins is no admission plugin of v1.33',
    ],
    [
      ['--enable-admission-plugins=Priority', '--disable-admission-plugins=Priority'],
      'Priority is both enabled and disabled',
    ],
    [['--authorization-config=/missing'], '/missing, which --authorization-config names, could not be read'],
  ])('refuses %j', (args, message) => {
    const files = { '/a': authentication, '/z': 'authorizers: [{type: RBAC, name: a}]' };
    const messages = resolve(args, files).problems.map((problem) => problem.message);
    expect(messages).toEqual([expect.stringContaining(message)]);
  });

  it('cannot tell the authorizers of a file that it cannot read', () => {
    expect(resolve(['--authorization-config=/missing']).get('authorization-mode')?.value).toBeNull();
    expect(resolve(['--authentication-config=/missing']).get('anonymous-auth')?.value).toBeNull();
  });

  it('turns anonymous requests off with AlwaysAllow', () => {
    expect(resolve(['--anonymous-auth=true']).get('anonymous-auth')?.value).toBe(false);
    expect(resolve(['--authorization-mode=RBAC']).get('anonymous-auth')?.value).toBe(true);
  });

  it.each([
    [35, [0, 0, 0]],
    [36, [366, 100, 100]],
  ])('keeps audit logs by the defaults of v1.%s', (minor, expected) => {
    const resolved = resolve([], {}, minor);
    const names = ['audit-log-maxage', 'audit-log-maxbackup', 'audit-log-maxsize'];
    expect(names.map((name) => resolved.get(name)?.value)).toEqual(expected);
  });

  it('runs the default plugins of the version, and what is enabled, in their order', () => {
    const plugins = (args: readonly string[], minor: number): unknown =>
      resolve(args, {}, minor).get('admission-plugins')?.value;
    expect(
      plugins(
        ['--enable-admission-plugins=NodeRestriction', '--disable-admission-plugins=LimitRanger,ServiceAccount'],
        20,
      ),
    ).toEqual([
      'NamespaceLifecycle',
      'NodeRestriction',
      'TaintNodesByCondition',
      'Priority',
      'DefaultTolerationSeconds',
      'DefaultStorageClass',
      'StorageObjectInUseProtection',
      'PersistentVolumeClaimResize',
      'RuntimeClass',
      'CertificateApproval',
      'CertificateSigning',
      'CertificateSubjectRestriction',
      'DefaultIngressClass',
      'MutatingAdmissionWebhook',
      'ValidatingAdmissionWebhook',
      'ResourceQuota',
    ]);
    expect(plugins(['--admission-control=AlwaysAdmit'], 20)).toEqual(['AlwaysAdmit']);
    expect(plugins([], 22)).not.toContain('PodSecurity');
    expect(plugins([], 23)).toContain('PodSecurity');
  });

  it('lists the plugins that have a configuration', () => {
    const files = {
      '/p': 'plugins:\n- name: EventRateLimit\n  path: e.yaml\n- name: PodSecurity\n  configuration: {}\n',
    };
    const resolved = resolve(['--admission-control-config-file=/p'], files);
    expect(resolved.get('admission-plugins.configured')?.value).toEqual(['EventRateLimit', 'PodSecurity']);
  });
});
