import { expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { cniFolders } from './cni-folders.ts';
import { nodeComponents } from './node-components.ts';

const kubelet =
  '# file: /etc/systemd/system/kubelet.service\n[Service]\nExecStart=/usr/bin/kubelet --cni-conf-dir=/k/net.d --network-plugin=cni\n';

it.each<[string, string, string[], string[]]>([
  ['the usual folders', '# file: /etc/hostname\nn\n', ['/etc/cni/net.d'], ['/opt/cni/bin']],
  [
    'containerd 1',
    '# file: /etc/containerd/config.toml\n[plugins."io.containerd.grpc.v1.cri".cni]\nconf_dir = "/a"\nbin_dir = "/b/"\n',
    ['/etc/cni/net.d', '/a'],
    ['/opt/cni/bin', '/b'],
  ],
  [
    'containerd 2',
    '# file: /etc/containerd/config.toml\n[plugins."io.containerd.cri.v1.runtime".cni]\nconf_dir = "/a"\nbin_dirs = ["/b", "/c"]\n',
    ['/etc/cni/net.d', '/a'],
    ['/opt/cni/bin', '/b', '/c'],
  ],
  [
    'CRI-O',
    '# file: /etc/crio/crio.conf.d/1.conf\n[crio.network]\nnetwork_dir = "/a"\nplugin_dirs = ["/b"]\n',
    ['/etc/cni/net.d', '/a'],
    ['/opt/cni/bin', '/b'],
  ],
  ['a broken file', '# file: /etc/containerd/config.toml\n[plugins\n', ['/etc/cni/net.d'], ['/opt/cni/bin']],
])('finds the folders of network plugins: %s', (_, text, configuration, programs) => {
  const node = nodeExample(text);
  expect(node && cniFolders(node, [])).toEqual({ configuration, programs });
});

it('finds those of a kubelet of before v1.24', () => {
  const node = nodeExample(kubelet);
  expect(node && cniFolders(node, nodeComponents(node, { as: 20 })).configuration).toContain('/k/net.d');
});
