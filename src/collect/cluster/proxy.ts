import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../../semantics/node/listen-address.ts';

/**
 * The proxy that the environment asks for, as Go's net/http (and so kubectl) reads it: `HTTPS_PROXY` or `HTTP_PROXY`
 * by the server's scheme, unless `NO_PROXY` names the server. Loopback is never reached through a proxy.
 */
export function proxyFromEnvironment(
  server: URL,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name] || env[name.toLowerCase()];
  if (!proxy) return undefined;
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(host) || isExcluded(host, portOf(server), env['NO_PROXY'] || env['no_proxy'] || '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function portOf(server: URL): string {
  return server.port || (server.protocol === 'https:' ? '443' : '80');
}

/** `foo.com` excludes itself and its subdomains, `.foo.com` only those; also addresses, CIDRs, `host:port` and `*`. */
function isExcluded(host: string, port: string, list: string): boolean {
  for (const entry of list.toLowerCase().split(',')) {
    const rule = entry.trim();
    if (rule === '') continue;
    if (rule === '*') return true;
    if (rule.includes('/')) {
      if (isInSubnet(host, rule)) return true;
      continue;
    }
    const [, name = rule, rulePort] = /^(.*[^:\]]|\[.*\])(?::(\d+))$/.exec(isIP(rule) === 6 ? '' : rule) ?? [];
    if (rulePort !== undefined && rulePort !== port) continue;
    const domain = name.replace(/^\*(?=\.)/, '').replace(/^\[|\]$/g, '');
    if (domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)) return true;
  }
  return false;
}

function isInSubnet(host: string, cidr: string): boolean {
  const slash = cidr.indexOf('/');
  const network = cidr.slice(0, slash);
  const prefix = Number(cidr.slice(slash + 1));
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family) return false;
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const subnet = new BlockList();
  subnet.addSubnet(network, prefix, type);
  return subnet.check(host, type);
}
