import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { configMap, felix, plugin, together } from './examples.ts';
import networkPlugin from './network-plugin.ts';

const flannel = configMap('canal-config', `"net-conf.json": '{"Backend": {"Type": "vxlan"}}'`);

describe('one finding for the traffic of a cluster', () => {
  it.each([
    ['Canal is told at Flannel', [felix(''), flannel, plugin('docker.io/calico/node:v3.28.0')], ['Flannel']],
    ['the configuration goes before the DaemonSet', [felix(''), plugin('docker.io/calico/node:v3.28.0')], ['Calico']],
    ['nothing is told of a DaemonSet alone', [plugin('docker.io/calico/node:v3.28.0')], []],
    [
      'the environment of Felix',
      [plugin('docker.io/calico/node:v3.28.0', ', env: [{name: FELIX_WIREGUARDENABLED, value: "false"}]')],
      ['Calico'],
    ],
    ['clouds are not known', [plugin('602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.18.0')], []],
  ])('%s', (_, texts, plugins) => {
    const found = judgeExample(networkPlugin, together(...texts));
    expect(found.map(({ message }) => message.split(' ')[0])).toEqual(plugins);
  });
});
