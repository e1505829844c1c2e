import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import imageVulnerabilities from '../versions/image-vulnerabilities.ts';
import encryptionFlaws from './encryption-flaws.ts';
import { configMap, plugin, together } from './examples.ts';

const cilium = (version: string, data?: string): string => {
  const daemon = plugin(`quay.io/cilium/cilium:${version}`);
  return data === undefined ? daemon : together(configMap('cilium-config', data), daemon);
};
const flaws = (text: string): string[] =>
  judgeExample(encryptionFlaws, text).flatMap(({ message }) => message.match(/CVE-[\d-]+/g) ?? []);
const open = (text: string): string =>
  judgeText([imageVulnerabilities], text)
    .findings.map(({ message, failure: { items = [] } }) => `${message} ${items.join(' ')}`)
    .join();

const wireguard = 'enable-wireguard: "true"';

describe('flaws of Cilium by its configuration', () => {
  it.each<[data: string, found: readonly string[]]>([
    [wireguard, ['CVE-2024-25630', 'CVE-2024-25631', 'CVE-2024-28250', 'CVE-2025-32793']],
    [`${wireguard}, kvstore: etcd`, ['CVE-2024-25630', 'CVE-2024-25631', 'CVE-2024-28250', 'CVE-2025-32793']],
    [`${wireguard}, kvstore: ""`, ['CVE-2024-25630', 'CVE-2024-28250', 'CVE-2025-32793']],
    [`${wireguard}, identity-allocation-mode: crd`, ['CVE-2024-25630', 'CVE-2024-28250', 'CVE-2025-32793']],
    [
      `${wireguard}, identity-allocation-mode: crd, kvstore: "", enable-l7-proxy: "false"`,
      ['CVE-2024-25630', 'CVE-2025-32793'],
    ],
    ['enable-ipsec: "true", enable-l7-proxy: "false"', ['CVE-2024-28860']],
  ])('%s', (data, found) => expect(flaws(cilium('v1.14.6', data))).toEqual(found));

  it.each<[what: string, data: string | undefined, expected: RegExp]>([
    ['WireGuard has no flaws of IPsec', wireguard, /^(?!.*CVE-2024-28860)(?!.*CVE-2024-28249).*CVE-2024-25630/],
    ['IPsec has none of WireGuard', 'enable-ipsec: "true"', /^(?!.*CVE-2024-25630).*CVE-2024-28860/],
    ['no encryption has none of either', 'kvstore: ""', /^(?!.*CVE-2024-28860)(?!.*CVE-2024-25630).*CVE-/],
    ['what was not read is told as such', undefined, /perhaps to .*CVE-2024-28860 if Cilium encrypts with IPsec/],
  ])('%s', (_, data, expected) => expect(open(cilium('v1.14.6', data))).toMatch(expected));
});
