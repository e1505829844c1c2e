import type { Failure } from '../../model/verdict.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { settingFailure } from '../setting-control.ts';
import { etcdUrls } from './etcd-urls.ts';
import { apiServer, serverControls, settingOf } from './server-control.ts';

const https = '--etcd-servers=https://127.0.0.1:2379';

export default serverControls([
  {
    name: 'etcd-https',
    title: 'The API server reaches etcd over TLS only',
    severity: 'critical',
    why: 'Over plain http everyone on the way reads and changes what is in etcd, and everyone who reaches the port is its administrator.',
    remedy: 'Give etcd serving certificates, and name it with https:// in --etcd-servers and --etcd-servers-overrides.',
    check: (server) => {
      const failures: Failure[] = [];
      for (const { url, setting: name } of etcdUrls(server)) {
        if (/^(?:https|unix|unixs):/.test(url)) continue;
        const loopback = isLoopbackEndpoint(url);
        const says = loopback
          ? `${url} is plain http: every program on the node is administrator of etcd`
          : `${url} is plain http: everyone on the network may be administrator of etcd`;
        const setting = settingOf(server, name);
        failures.push(settingFailure(server, setting, { says, key: url, ...(loopback && { severity: 'high' }) }));
      }
      return failures;
    },
    examples: {
      fail: [
        apiServer('--etcd-servers=https://10.0.0.1:2379,http://10.0.0.2:2379'),
        apiServer('--etcd-servers=http://127.0.0.1:2379'),
        apiServer(https, '--etcd-servers-overrides=/events#http://10.0.0.3:2379'),
      ],
      pass: [apiServer(https), apiServer('--etcd-servers=unix:///var/run/kine.sock')],
    },
  },
]);
