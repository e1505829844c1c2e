import { expect, it } from 'vitest';
import { resolveComponent } from './index.ts';

/** etcd of a minor version with this configuration file. */
function etcd(minor: number, text: string) {
  const args = [{ text: '--config-file=/etc/etcd.yaml', where: 'etcd.service', line: 2 }];
  return resolveComponent({ component: 'etcd', minor, args, readFile: () => text });
}

it.each([
  [5, 'enable-v2', true],
  [6, 'enable-v2', undefined],
  [6, 'experimental-initial-corrupt-check', false],
  [7, 'experimental-initial-corrupt-check', undefined],
  [4, 'tls-min-version', undefined],
  [5, 'tls-min-version', 'TLS1.2'],
])('etcd 3.%i has %s as %s, in a file as by flags', (minor, name, expected) => {
  const { get } = etcd(minor, 'enable-v2: true\n');
  expect(get(name)?.value).toBe(expected);
});
