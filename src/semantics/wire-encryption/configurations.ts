import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { ciliumFeature } from './cilium-features.ts';
import type { EncryptionGap, EncryptionMethod, PluginEncryption } from './plugin-encryption.ts';

/**
 * Cilium's ConfigMap. What it does not set is off.
 * Source: cilium/cilium Documentation/security/network/encryption-wireguard.rst and encryption-ipsec.rst.
 */
export function ciliumEncryption(data: JsonObject): PluginEncryption {
  const isOn = (key: string): boolean => own(data, key) === 'true';
  const [wireguard, ipsec] = [isOn('enable-wireguard'), isOn('enable-ipsec')];
  if (wireguard && ipsec) {
    return {
      state: 'unknown',
      says: 'enable-wireguard and enable-ipsec are both "true", with which the agent does not start',
      at: ['data', 'enable-ipsec'],
      gaps: [],
    };
  }
  if (isOn('enable-ztunnel')) return encrypted('ztunnel', 'enable-ztunnel is "true"', ['data', 'enable-ztunnel']);
  if (!wireguard && !ipsec) {
    return {
      state: 'unencrypted',
      says: 'neither enable-wireguard nor enable-ipsec is "true"',
      at: ['data', 'enable-wireguard'],
      gaps: [],
    };
  }
  const key = wireguard ? 'enable-wireguard' : 'enable-ipsec';
  const gaps: EncryptionGap[] = [];
  if (!isOn('encrypt-node')) {
    const says = 'encrypt-node is not "true": what nodes and pods of the host network send stays in plain text';
    gaps.push({ key: 'encrypt-node', says, at: ['data', 'encrypt-node'], kind: 'part' });
  }
  const strict = ['enable-encryption-strict-mode', 'enable-encryption-strict-mode-egress'];
  if (wireguard && !strict.some(isOn)) {
    const says = 'strict mode is off: traffic to a pod that an agent does not know yet leaves in plain text';
    gaps.push({ key: 'strict-mode', says, at: ['data', 'enable-encryption-strict-mode'], kind: 'part' });
  }
  const needed = ['l7-proxy', 'external-kvstore'] as const;
  const lacks = new Set(needed.filter((feature) => ciliumFeature(data, feature) === false));
  return { ...encrypted(wireguard ? 'WireGuard' : 'IPsec', `${key} is "true"`, ['data', key], gaps), lacks };
}

/**
 * Calico's FelixConfiguration. Open-source Calico has WireGuard and no IPsec.
 * Source: projectcalico/calico api/pkg/apis/projectcalico/v3/felixconfig.go.
 */
export function calicoEncryption(spec: JsonObject): PluginEncryption {
  const [four, six] = [own(spec, 'wireguardEnabled') === true, own(spec, 'wireguardEnabledV6') === true];
  if (!four && !six) {
    return { state: 'unencrypted', says: 'wireguardEnabled is not true', at: ['spec', 'wireguardEnabled'], gaps: [] };
  }
  const gaps: EncryptionGap[] = [];
  const ipv6 = own(spec, 'ipv6Support');
  if (four !== six && (six || ipv6 === true)) {
    const [on, off] = four ? ['IPv4', 'wireguardEnabledV6'] : ['IPv6', 'wireguardEnabled'];
    gaps.push({ key: off, says: `only ${on} is encrypted: ${off} is not true`, at: ['spec', off], kind: 'part' });
  }
  if (own(spec, 'wireguardHostEncryptionEnabled') !== true) {
    const key = 'wireguardHostEncryptionEnabled';
    const says = `${key} is not true: what nodes and pods of the host network send stays in plain text`;
    gaps.push({ key, says, at: ['spec', key], kind: 'part' });
  }
  const key = four ? 'wireguardEnabled' : 'wireguardEnabledV6';
  return encrypted('WireGuard', `${key} is true`, ['spec', key], gaps);
}

/** antrea-agent.conf. Source: antrea-io/antrea docs/traffic-encryption.md. */
export function antreaEncryption(text: string): PluginEncryption {
  const at = ['data', 'antrea-agent.conf'];
  const config = parsed(text);
  if (config === undefined) return unread('antrea-agent.conf', at);
  const mode = valueAt(config, ['trafficEncryptionMode']);
  const name = typeof mode === 'string' ? mode.toLowerCase() : 'none';
  const method: EncryptionMethod | undefined =
    name === 'wireguard' ? 'WireGuard' : name === 'ipsec' ? 'IPsec' : undefined;
  if (method === undefined) return { state: 'unencrypted', says: 'trafficEncryptionMode is none', at, gaps: [] };
  const encap = valueAt(config, ['trafficEncapMode']);
  if (typeof encap === 'string' && encap.toLowerCase() !== 'encap') {
    const says = `trafficEncapMode is ${encap}, and only tunnels are encrypted`;
    return encrypted(method, `trafficEncryptionMode is ${mode}`, at, [{ key: 'encap', says, at, kind: 'flaw' }]);
  }
  const says = 'traffic on its way to the node of an Egress stays in plain text';
  const gaps: EncryptionGap[] = [{ key: 'egress', says, at, kind: 'part' }];
  return encrypted(method, `trafficEncryptionMode is ${mode}`, at, gaps);
}

/** net-conf.json. Source: flannel-io/flannel Documentation/backends.md. */
export function flannelEncryption(text: string): PluginEncryption {
  const at = ['data', 'net-conf.json'];
  const config = parsed(text);
  if (config === undefined) return unread('net-conf.json', at);
  const type = valueAt(config, ['Backend', 'Type']);
  // Without a backend it is udp.
  const backend = typeof type === 'string' && type !== '' ? type.toLowerCase() : 'udp';
  if (backend === 'wireguard') return encrypted('WireGuard', 'its backend is wireguard', at);
  if (backend === 'ipsec') return encrypted('IPsec', 'its backend is ipsec', at);
  if (backend === 'extension') {
    return { state: 'unknown', says: 'its backend is extension: commands of its own decide', at, gaps: [] };
  }
  return { state: 'unencrypted', says: `its backend ${backend} does not encrypt`, at, gaps: [] };
}

/** Whether net-conf.json holds the pre-shared key of IPsec: who reads the ConfigMap reads the traffic. */
export function flannelHoldsKey(text: string): boolean {
  const key = valueAt(parsed(text), ['Backend', 'PSK']);
  return typeof key === 'string' && key !== '';
}

/** Of OpenShift's operator.openshift.io Network. Since 4.15 `mode`; before it, the presence of `ipsecConfig`. */
export function ovnEncryption(spec: JsonObject): PluginEncryption {
  const at = ['spec', 'defaultNetwork', 'ovnKubernetesConfig', 'ipsecConfig'];
  const config = valueAt(spec, at.slice(1));
  if (!isObject(config)) return { state: 'unencrypted', says: 'ipsecConfig is not set', at, gaps: [] };
  const mode = own(config, 'mode');
  if (mode === undefined || mode === 'Full') return encrypted('IPsec', 'ipsecConfig is on', [...at, 'mode']);
  const says = `ipsecConfig has mode ${typeof mode === 'string' ? mode : 'that is not known'}`;
  return { state: 'unencrypted', says, at: [...at, 'mode'], gaps: [] };
}

function encrypted(
  method: EncryptionMethod,
  says: string,
  at: PluginEncryption['at'],
  gaps: readonly EncryptionGap[] = [],
): PluginEncryption {
  return { state: 'encrypted', method, says, at, gaps };
}

function unread(file: string, at: PluginEncryption['at']): PluginEncryption {
  return { state: 'unknown', says: `${file} cannot be parsed`, at, gaps: [] };
}

/** Undefined for text that is no YAML; JSON is YAML. An empty file sets nothing. */
function parsed(text: string): Json | undefined {
  try {
    return parseYaml(text, 1).value ?? {};
  } catch {
    return undefined;
  }
}
