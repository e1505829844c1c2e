import { describe, expect, it } from 'vitest';
import {
  antreaEncryption,
  calicoEncryption,
  ciliumEncryption,
  flannelEncryption,
  ovnEncryption,
} from './configurations.ts';
import { encryptionFlaws } from './flaws.ts';
import type { EncryptionMethod, PluginEncryption } from './plugin-encryption.ts';

const summary = ({ state, method, gaps }: PluginEncryption): string =>
  [state, method, ...gaps.map(({ key, kind }) => `${kind} ${key}`)].filter((part) => part !== undefined).join(', ');

describe('what configurations say', () => {
  it.each<readonly [string, PluginEncryption, string]>([
    ['cilium: nothing', ciliumEncryption({}), 'unencrypted'],
    ['cilium: a switch that is no string', ciliumEncryption({ 'enable-wireguard': true }), 'unencrypted'],
    [
      'cilium: WireGuard',
      ciliumEncryption({ 'enable-wireguard': 'true' }),
      'encrypted, WireGuard, part encrypt-node, part strict-mode',
    ],
    [
      'cilium: strict since 1.19',
      ciliumEncryption({
        'enable-wireguard': 'true',
        'encrypt-node': 'true',
        'enable-encryption-strict-mode-egress': 'true',
      }),
      'encrypted, WireGuard',
    ],
    ['cilium: IPsec', ciliumEncryption({ 'enable-ipsec': 'true', 'encrypt-node': 'true' }), 'encrypted, IPsec'],
    ['cilium: both', ciliumEncryption({ 'enable-ipsec': 'true', 'enable-wireguard': 'true' }), 'unknown'],
    ['calico: nothing', calicoEncryption({}), 'unencrypted'],
    [
      'calico: host left out',
      calicoEncryption({ wireguardEnabled: true }),
      'encrypted, WireGuard, part wireguardHostEncryptionEnabled',
    ],
    [
      'calico: IPv4 only of two',
      calicoEncryption({ wireguardEnabled: true, ipv6Support: true, wireguardHostEncryptionEnabled: true }),
      'encrypted, WireGuard, part wireguardEnabledV6',
    ],
    ['antrea: all in comments', antreaEncryption('# trafficEncryptionMode: wireGuard\n'), 'unencrypted'],
    ['antrea: WireGuard', antreaEncryption('trafficEncryptionMode: wireGuard\n'), 'encrypted, WireGuard, part egress'],
    ['antrea: IPsec', antreaEncryption('trafficEncryptionMode: ipsec\n'), 'encrypted, IPsec, part egress'],
    [
      'antrea: no tunnels',
      antreaEncryption('trafficEncryptionMode: ipsec\ntrafficEncapMode: noEncap\n'),
      'encrypted, IPsec, flaw encap',
    ],
    ['antrea: no YAML', antreaEncryption('a: [\n'), 'unknown'],
    ['flannel: no backend', flannelEncryption('{"Network": "10.0.0.0/8"}'), 'unencrypted'],
    ['flannel: vxlan', flannelEncryption('{"Backend": {"Type": "vxlan"}}'), 'unencrypted'],
    ['flannel: wireguard', flannelEncryption('{"Backend": {"Type": "wireguard"}}'), 'encrypted, WireGuard'],
    ['flannel: extension', flannelEncryption('{"Backend": {"Type": "extension"}}'), 'unknown'],
    ['ovn: nothing', ovnEncryption({}), 'unencrypted'],
    [
      'ovn: external only',
      ovnEncryption({ defaultNetwork: { ovnKubernetesConfig: { ipsecConfig: { mode: 'External' } } } }),
      'unencrypted',
    ],
    [
      'ovn: full',
      ovnEncryption({ defaultNetwork: { ovnKubernetesConfig: { ipsecConfig: { mode: 'Full' } } } }),
      'encrypted, IPsec',
    ],
  ])('%s', (_, answer, expected) => {
    expect(summary(answer)).toBe(expected);
  });
});

describe('versions in which what is on does not encrypt', () => {
  const [a, b, c, d, e, f] = [
    'CVE-2024-25630',
    'CVE-2024-25631',
    'CVE-2024-28249',
    'CVE-2024-28250',
    'CVE-2024-28860',
    'CVE-2025-32793',
  ];
  it.each<readonly [string | undefined, EncryptionMethod, string]>([
    ['v1.13.12', 'IPsec', `${c}, ${e}`],
    ['v1.13.13', 'IPsec', `${e}`],
    ['v1.13.14', 'IPsec', ''],
    ['v1.12.0', 'IPsec', `${c}, ${e}`],
    ['v1.13.14', 'WireGuard', `${f}`],
    ['v1.14.0', 'WireGuard', `${a}, ${b}, ${d}, ${f}`],
    ['v1.14.6', 'WireGuard', `${a}, ${b}, ${d}, ${f}`],
    ['v1.14.7', 'WireGuard', `${d}, ${f}`],
    ['v1.14.8', 'WireGuard', `${f}`],
    ['v1.14.8', 'IPsec', `${e}`],
    ['v1.15.1', 'WireGuard', `${d}, ${f}`],
    ['v1.15.2', 'IPsec', `${e}`],
    ['v1.15.3', 'IPsec', ''],
    ['v1.15.16', 'WireGuard', ''],
    ['v1.16.8', 'WireGuard', `${f}`],
    ['v1.16.9', 'WireGuard', ''],
    ['v1.17.2', 'WireGuard', `${f}`],
    ['v1.17.3', 'WireGuard', ''],
    ['v1.18', 'WireGuard', ''],
    ['v1.15', 'IPsec', 'unknown'],
    ['latest', 'WireGuard', 'unknown'],
    [undefined, 'IPsec', 'unknown'],
  ])('%s %s', (version, method, expected) => {
    const found = encryptionFlaws('Cilium', method, version);
    expect(found === 'unknown' ? found : found.map(({ id }) => id).join(', ')).toBe(expected);
  });

  it('knows none of other plugins', () => {
    expect(encryptionFlaws('Calico', 'WireGuard', undefined)).toEqual([]);
  });
});
