import { type JsonObject, own } from '../../model/json.ts';

/** What holes of Cilium need besides a version. */
export type CiliumFeature = 'wireguard' | 'ipsec' | 'l7-proxy' | 'external-kvstore';

/**
 * Whether Cilium's ConfigMap turns a feature on; undefined where it does not tell.
 * Source: cilium/cilium Documentation/cmdref/cilium-agent.md.
 */
export function ciliumFeature(data: JsonObject, feature: CiliumFeature): boolean | undefined {
  switch (feature) {
    case 'wireguard':
      return own(data, 'enable-wireguard') === 'true';
    case 'ipsec':
      return own(data, 'enable-ipsec') === 'true';
    case 'l7-proxy':
      return own(data, 'enable-l7-proxy') !== 'false';
    case 'external-kvstore': {
      const store = own(data, 'kvstore');
      if (store !== undefined) return store !== '';
      // Identities are kept there, or in custom resources and nothing needs one.
      return own(data, 'identity-allocation-mode') === 'crd' ? false : undefined;
    }
  }
}
