import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { entry, kms, withEncryptionOf } from './kube-apiserver/encryption-examples.ts';
import { file, kubeletConfig, staticPod } from './node-examples.ts';
import { controls } from './registry.ts';

function remedies(id: string, text: string): (string | undefined)[] {
  const chosen = controls.filter((control) => control.id === id);
  return judgeText(chosen, text).findings.map(({ failure, control }) => failure.remedy ?? control.remedy);
}

const serving = ['--cert-file=/a', '--key-file=/b'];
const anonymous = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous: {enabled: true}
`;

describe('a remedy names only what the version knows', () => {
  it.each<[string, string, 'both names' | 'none']>([
    ['etcd', '3.4.13-0', 'none'],
    ['etcd', '3.5.16-0', 'none'],
    ['etcd', '3.6.4-0', 'both names'],
    ['kube-apiserver', 'v1.19.4', 'none'],
    ['kube-apiserver', 'v1.20.2', 'both names'],
  ])('suites of ChaCha20 for %s %s: %s', (component, tag, expected) => {
    const text = staticPod(component as 'etcd', component === 'etcd' ? serving : [], tag);
    const [remedy = ''] = remedies(`${component}/tls-cipher-suites`, text);
    expect(remedy).toContain('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
    expect(remedy.includes('CHACHA20_POLY1305_SHA256')).toBe(expected === 'both names');
  });

  it('no suites where the version is not known and the names differ', () => {
    expect(remedies('kubelet/tls-cipher-suites', kubeletConfig())).toEqual([
      'List ECDHE suites with AES-GCM or ChaCha20 alone: without a list Go accepts weaker ones too.',
    ]);
  });

  it.each<[string, number]>([
    ['1.20', 0],
    ['1.27', 1],
  ])('KMS v1 in v%s has %i successor', (version, count) => {
    const text = withEncryptionOf(version, entry('secrets', kms('apiVersion: v1, ')));
    expect(remedies('kube-apiserver/encryption-provider', text)).toHaveLength(count);
  });

  it('the file that decides about anonymous requests, where there is one', () => {
    const args = ['--authorization-mode=RBAC', '--authentication-config=/etc/kubernetes/authn.yaml'];
    const text = staticPod('kube-apiserver', args, 'v1.33.0') + file('/etc/kubernetes/authn.yaml', anonymous);
    const [remedy = ''] = remedies('kube-apiserver/anonymous-auth', text);
    expect(remedy).toContain('in /etc/kubernetes/authn.yaml give anonymous conditions for /livez');
    expect(remedy).not.toContain('--anonymous-auth');
  });
});
