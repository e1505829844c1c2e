import { isList } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { listOf } from './server-control.ts';

/** All URLs of etcd, those for single resources too: `/events#https://a;https://b`. */
export function etcdUrls(server: NodeComponent): { url: string; setting: string }[] {
  const servers = listOf(server, 'etcd-servers').map((url) => ({ url, setting: 'etcd-servers' }));
  const overrides = server.config.get('etcd-servers-overrides')?.value;
  if (!isList(overrides)) return servers;
  for (const override of overrides) {
    if (typeof override !== 'string') continue;
    for (const url of override.slice(override.indexOf('#') + 1).split(';')) {
      if (url !== '') servers.push({ url, setting: 'etcd-servers-overrides' });
    }
  }
  return servers;
}
