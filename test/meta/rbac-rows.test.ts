import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { controls } from '../../src/controls/registry.ts';

/**
 * The rows of risky permissions and of bindings that a review of the tools of this field comes to (R and B), and how the
 * API server authorises at all (N). Each is answered by a control, or by a command where a control has not the evidence.
 */
const rows: readonly (readonly [row: string, title: string, answeredBy: readonly string[]])[] = [
  ['R01', 'full wildcard', ['rbac/full-wildcard']],
  ['R02', 'wildcard verb on a resource', ['rbac/wildcards', 'rbac/escalation-verbs']],
  ['R03', 'wildcard resource with one verb', ['rbac/all-resources']],
  ['R04', 'wildcard API group', ['rbac/all-groups']],
  ['R05', 'read Secrets', ['rbac/secrets-read']],
  ['R06', 'forge a token Secret', ['rbac/secrets-write']],
  ['R07', 'mint a token', ['rbac/token-requests', 'rbac/named-targets']],
  ['R08', 'create pods', ['rbac/pods-create']],
  ['R09', 'create workloads', ['rbac/pods-create', 'rbac/workloads-modify']],
  ['R10', 'modify pods', ['rbac/pods-modify']],
  ['R11', 'exec and attach', ['rbac/pods-exec']],
  ['R12', 'ephemeral containers', ['rbac/pods-modify']],
  ['R13', 'port forward and API proxy', ['rbac/pods-port-forward']],
  ['R14', 'kubelet API', ['rbac/nodes-proxy']],
  ['R15', 'other endpoints of the kubelet', ['rbac/kubelet-endpoints']],
  ['R16', 'bind', ['rbac/escalation-verbs']],
  ['R17', 'escalate', ['rbac/escalation-verbs']],
  ['R18', 'give away what one has', ['rbac/bindings-write']],
  ['R19', 'impersonate', ['rbac/escalation-verbs', 'rbac/impersonate-masters']],
  ['R20', 'constrained impersonation', ['rbac/constrained-impersonation']],
  ['R21', 'approve and sign certificates', ['rbac/certificate-approval', 'rbac/certificate-signing']],
  ['R22', 'write webhook configurations', ['rbac/webhook-configurations']],
  ['R23', 'write admission policies', ['rbac/admission-policies']],
  ['R24', 'create a hostPath volume', ['rbac/persistent-volumes-create']],
  ['R25', 'write nodes', ['rbac/nodes-write']],
  ['R26', 'write nodes and take pods off them', ['rbac/pods-relocate']],
  ['R27', 'write namespaces', ['rbac/namespaces-write']],
  ['R28', 'write network policies', ['rbac/network-policies-write']],
  ['R29', 'tamper with Services and endpoints', ['rbac/traffic-redirect']],
  ['R30', 'write control ConfigMaps', ['rbac/control-config-maps']],
  ['R31', 'annotate service accounts', ['rbac/service-accounts-write']],
  ['R32', 'write CRDs and APIServices', ['rbac/api-extensions']],
  ['R33', 'read logs', ['rbac/logs-read']],
  ['R34', 'delete at large', ['rbac/deletion']],
  ['R35', 'starve others', ['rbac/cluster-limits']],
  ['R36', 'look around', ['rbac/reconnaissance']],
  ['B01', 'cluster-admin beyond the system', ['rbac/cluster-admin', 'rbac/full-wildcard']],
  ['B02', 'system:masters', ['rbac/masters-group', 'certificates/system-masters']],
  ['B03', 'anonymous', ['rbac/anonymous']],
  ['B04', 'everyone', ['rbac/everyone']],
  ['B05', 'all service accounts of a namespace', ['rbac/everyone']],
  ['B06', 'the default service account', ['service-accounts/default-rights', 'service-accounts/default-automount']],
  ['B07', 'grants across namespaces', ['rbac/cross-namespace-subjects']],
  ['B08', 'dangling role', ['rbac/dangling-role']],
  ['B09', 'dangling subject', ['rbac/dangling-subject']],
  ['B10', 'unused role', ['rbac/unused-role']],
  ['B11', 'unused grant', ['bulwark rbac tighten']],
  ['B12', 'unneeded token', ['service-accounts/unneeded-token', 'service-accounts/pod-token']],
  ['B13', 'duplicate binding', ['rbac/duplicate-binding']],
  ['B14', 'token that never expires', ['authentication/service-account-tokens']],
  ['B15', 'drift of the defaults', ['rbac/default-drift']],
  ['B16', 'powerful account on every node', ['rbac/powerful-daemonset']],
  ['B17', 'very many subjects', ['rbac/many-subjects', 'rbac/many-rules']],
  [
    'N01',
    'how requests are authorised at all',
    [
      ...['kube-apiserver/always-allow', 'kube-apiserver/rbac-authorizer', 'kube-apiserver/node-authorizer'],
      ...['kube-apiserver/anonymous-auth', 'kubelet/authorization-mode', 'kubelet/anonymous-auth'],
    ],
  ],
];

const ids = new Set<string>(controls.map(({ id }) => id));

describe('the table of risky permissions', () => {
  it('has all of its rows, each once', () => {
    const numbered = (letter: string, most: number): readonly string[] =>
      Array.from({ length: most }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`);
    expect(rows.map(([row]) => row)).toEqual([...numbered('R', 36), ...numbered('B', 17), 'N01']);
  });

  it.each(rows)('%s (%s) is answered', async (_, __, answeredBy) => {
    expect(answeredBy.length).toBeGreaterThan(0);
    const missing: string[] = [];
    for (const each of answeredBy) if (!ids.has(each) && !(await isCommand(each))) missing.push(each);
    expect(missing).toEqual([]);
  });

  it('leaves no control of permissions without a row, apart from what the rows do not ask', () => {
    const named = new Set(rows.flatMap(([, , answeredBy]) => answeredBy));
    const others = [...ids].filter((id) => id.startsWith('rbac/') && !named.has(id));
    expect(others.sort()).toEqual([
      // Asked of the control plane, of people, of workloads and of storage besides.
      'rbac/aggregation-cycle',
      ...['rbac/component-secrets', 'rbac/control-plane-grants', 'rbac/default-roles', 'rbac/personal-bindings'],
      ...['rbac/shared-service-account', 'rbac/storage-write', 'rbac/well-formed'],
    ]);
  });
});

/** Whether the command line knows `bulwark …`. */
async function isCommand(words: string): Promise<boolean> {
  const [program, ...args] = words.split(' ');
  if (program !== 'bulwark') return false;
  let out = '';
  const terminal = {
    ...{ cwd: '.', env: {}, outIsTty: false, errIsTty: false, width: 100 },
    out: async (text: string) => void (out += text),
    err: (text: string) => void (out += text),
    stdin: async () => Buffer.alloc(0),
    now: () => new Date(0),
  };
  const code = await createProgram(terminal, 'bulwark').run([...args, '--help']);
  return code === 0 && out.includes(`Usage: ${words}`);
}
