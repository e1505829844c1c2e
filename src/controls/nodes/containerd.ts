import type { NodeEvidence } from '../../model/node.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { tomlAt } from '../../semantics/node/toml.ts';
import { file } from '../node-examples.ts';
import { host } from './examples.ts';
import { hostControls } from './host-control.ts';
import {
  criFields,
  type RuntimeFile,
  type RuntimeProblem,
  runtimeRows,
  tablesAt,
  textAt,
  textsAt,
} from './runtime-config.ts';

const config = (text: string): string => file('/etc/containerd/config.toml', text);

/** containerd's configuration. Source: docs/cri/config.md and docs/man/containerd-config.toml.5.md of containerd. */
export default hostControls(
  runtimeRows('containerd', [
    {
      name: 'containerd-registries',
      title: 'Containerd pulls images over TLS, and checks with whom',
      severity: 'high',
      why: 'Without, whoever is on the way puts another image in place of the one that was asked for.',
      problems: registryProblems,
      examples: {
        fail: [
          config('[plugins."io.containerd.grpc.v1.cri".registry.configs."r.example".tls]\ninsecure_skip_verify = true'),
          config(
            '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\nendpoint = ["http://mirror.example"]',
          ),
        ],
        pass: [
          config('[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"'),
          config('[plugins."io.containerd.grpc.v1.cri".registry.mirrors."r"]\nendpoint = ["http://127.0.0.1:5000"]'),
        ],
      },
    },
    {
      name: 'containerd-apparmor',
      title: 'Containerd puts containers under AppArmor',
      severity: 'medium',
      why: 'With disable_apparmor, no container has a profile, whatever its pod asks for.',
      problems: ({ config: top }) =>
        criFields(top, ['disable_apparmor'])
          .filter(({ value }) => value === true)
          .map(({ path }) => ({ path, message: 'disable_apparmor is true: no container is confined by AppArmor' })),
      examples: {
        fail: [config('[plugins."io.containerd.cri.v1.runtime"]\ndisable_apparmor = true')],
        pass: [config('[plugins."io.containerd.cri.v1.runtime"]\ndisable_apparmor = false')],
      },
    },
    {
      name: 'containerd-selinux',
      title: 'Containerd puts containers under SELinux where the node has it',
      severity: 'medium',
      why: 'Without enable_selinux, containers have no label of their own, and nothing keeps them from the node’s files.',
      problems: selinuxProblems,
      examples: {
        fail: [
          config('[plugins."io.containerd.cri.v1.runtime"]\nenable_selinux = false') + host({ selinux: 'enforcing' }),
        ],
        pass: [
          config('[plugins."io.containerd.cri.v1.runtime"]\nenable_selinux = true') + host({ selinux: 'enforcing' }),
          config('[plugins."io.containerd.cri.v1.runtime"]\nenable_selinux = false') +
            host({ securityModules: ['apparmor'] }),
        ],
      },
    },
    {
      name: 'containerd-listeners',
      title: 'Containerd listens on no address of the network',
      severity: 'critical',
      why: 'Its API is root on the node, its debugging shows memory, and its streams are terminals of containers.',
      problems: listenerProblems,
      examples: {
        fail: [
          config('[grpc]\ntcp_address = "0.0.0.0:5000"'),
          config('[metrics]\naddress = ":1338"'),
          config('[plugins."io.containerd.grpc.v1.cri"]\nstream_server_address = "0.0.0.0"'),
        ],
        pass: [config('[grpc]\ntcp_address = ""\n[metrics]\naddress = "127.0.0.1:1338"')],
      },
    },
  ]),
);

/** The default is false; a drop-in that does not speak of it says nothing. */
function selinuxProblems({ config: top, path: file }: RuntimeFile, { host: evidence }: NodeEvidence): RuntimeProblem[] {
  if (evidence?.selinux !== 'enforcing') return [];
  const said = criFields(top, ['enable_selinux']);
  const message = 'enable_selinux is false: containers have no SELinux label of their own';
  if (said.length === 0 && file.endsWith('/config.toml'))
    return [{ path: ['enable_selinux'], message: `${message} (default)` }];
  return said.filter(({ value }) => value !== true).map(({ path }) => ({ path, message }));
}

function registryProblems({ config: top }: RuntimeFile): RuntimeProblem[] {
  const problems: RuntimeProblem[] = [];
  for (const { path, value } of criFields(top, ['registry', 'configs'])) {
    for (const [name, table] of tablesAt(value)) {
      if (tomlAt(table, ['tls', 'insecure_skip_verify']) !== true) continue;
      const message = `insecure_skip_verify is true for ${name}: its certificate is not checked`;
      problems.push({ path: [...path, name, 'tls', 'insecure_skip_verify'], message });
    }
  }
  for (const { path, value } of criFields(top, ['registry', 'mirrors'])) {
    for (const [name, table] of tablesAt(value)) {
      for (const endpoint of textsAt(table, ['endpoint'])) {
        if (!endpoint.startsWith('http://') || isLoopbackEndpoint(endpoint)) continue;
        problems.push({
          path: [...path, name, 'endpoint'],
          message: `images of ${name} come over ${endpoint}, without TLS`,
        });
      }
    }
  }
  return problems;
}

function listenerProblems({ config: top }: RuntimeFile): RuntimeProblem[] {
  const problems: RuntimeProblem[] = [];
  const api = textAt(top, ['grpc', 'tcp_address']);
  if (api !== '') {
    const isTls = textAt(top, ['grpc', 'tcp_tls_ca']) !== '';
    const severity = isTls ? 'medium' : isLoopbackEndpoint(api) ? 'high' : 'critical';
    const says = isTls ? 'with a certificate, whoever reaches it is root' : 'whoever reaches it is root on the node';
    problems.push({ path: ['grpc', 'tcp_address'], severity, message: `tcp_address is ${api}: ${says}` });
  }
  const open = (address: string): boolean => address !== '' && !address.startsWith('/') && !isLoopbackEndpoint(address);
  const debug = textAt(top, ['debug', 'address']);
  if (open(debug)) {
    const message = `debug address is ${debug}: whoever reaches it can read what is in memory`;
    problems.push({ path: ['debug', 'address'], severity: 'high', message });
  }
  const metrics = textAt(top, ['metrics', 'address']);
  if (open(metrics)) {
    const message = `metrics address is ${metrics}: whoever reaches it sees what runs on the node`;
    problems.push({ path: ['metrics', 'address'], severity: 'low', message });
  }
  for (const { path, value } of criFields(top, ['stream_server_address'])) {
    if (typeof value !== 'string' || !open(value)) continue;
    const message = `stream_server_address is ${value}: terminals of containers are served to the network`;
    problems.push({ path, severity: 'medium', message });
  }
  return problems;
}
