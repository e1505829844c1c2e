import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { nodeExample } from '../../../test/node-example.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import nodeSettings from '../kubelet/node.ts';
import { kubeletConfig, staticPod } from '../node-examples.ts';
import cni from './cni.ts';
import credentials from './credentials.ts';
import etcdData from './etcd-data.ts';
import kubeconfigs from './kubeconfigs.ts';
import kubelet from './kubelet.ts';
import leftovers from './leftovers.ts';
import manifests from './manifests.ts';
import pki from './pki.ts';
import programs from './programs.ts';
import writable from './writable.ts';

const controls = [
  ...[...manifests, ...kubeconfigs, ...pki, ...etcdData, ...kubelet],
  ...[...cni, ...credentials, ...programs, ...writable, ...leftovers],
];

const accounts = `# node: ${JSON.stringify({
  users: [
    { id: 0, name: 'root' },
    { id: 1000, name: 'deploy' },
    { id: 1001, name: 'prometheus' },
  ],
  groups: [
    { id: 0, name: 'root' },
    { id: 110, name: 'ssl-cert', members: ['prometheus', 'deploy'] },
    { id: 998, name: 'docker', members: ['deploy'] },
    { id: 997, name: 'empty' },
  ],
})}\n`;

/** A control-plane node as kubeadm leaves it. */
const kubeadm: ReadonlyMap<string, string> = new Map([
  ['/etc/kubernetes', 'mode 0755 directory'],
  ['/etc/kubernetes/etcd', 'mode 0700 directory'],
  ['/etc/kubernetes/manifests', 'mode 0700 directory'],
  ['/etc/kubernetes/pki', 'mode 0755 directory'],
  ['/etc/kubernetes/pki/ca.crt', 'mode 0644'],
  ['/etc/kubernetes/pki/ca.key', 'mode 0600 holds private-key'],
  ['/etc/kubernetes/pki/sa.key', 'mode 0600 holds private-key'],
  ['/etc/kubernetes/admin.conf', 'mode 0600 holds kubeconfig-credential'],
  ['/etc/kubernetes/kubelet.conf', 'mode 0600'],
  ['/etc/kubernetes/scheduler.conf', 'mode 0600 holds kubeconfig-credential'],
  ['/etc/cni/net.d/10-net.conflist', 'mode 0600'],
  ['/opt/cni/bin/bridge', 'mode 0755'],
  ['/run/docker.sock', 'mode 0660 socket'],
  ['/var/lib/kubelet', 'mode 0700 directory'],
  ['/var/lib/kubelet/pki/kubelet-client-2026.pem', 'mode 0600 holds private-key'],
  ['/var/lib/kubelet/pki/kubelet-client-current.pem', 'to /var/lib/kubelet/pki/kubelet-client-2026.pem'],
]);

const components = [
  staticPod('etcd', ['--data-dir=/etc/kubernetes/etcd']),
  staticPod('kube-apiserver', []),
  staticPod('kube-scheduler', ['--kubeconfig=/etc/kubernetes/scheduler.conf']),
  kubeletConfig(
    'authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}',
    'staticPodPath: /etc/kubernetes/manifests',
  ).replace('kubelet.service\n', 'kubelet.service mode 0600\n'),
].join('');

function nodeWith(changes: Readonly<Record<string, string>>): string {
  const files = new Map([...kubeadm, ...Object.entries(changes)]);
  let text = components;
  for (const [path, header] of files) {
    const own = `# file: ${path}\n`;
    if (text.includes(own)) text = text.replace(own, `# file: ${path} ${header}\n`);
    else text += `# file: ${path} ${header}\n`;
  }
  return text + accounts;
}

function findings(changes: Readonly<Record<string, string>>): string[] {
  const { findings: found, errors } = judgeText(controls, nodeWith(changes));
  expect(errors).toEqual([]);
  return found.map(({ control, severity, message }) => `${severity} ${control.id}: ${message}`);
}

describe('the files of a node', () => {
  it('are right as kubeadm leaves them', () => {
    expect(findings({})).toEqual([]);
  });

  const ca = '/etc/kubernetes/pki/ca.key';
  const config = '/var/lib/kubelet/config.yaml';
  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'a key that everyone can read',
      { [ca]: 'mode 0644 holds private-key' },
      `critical files/pki-key-mode: ${ca} has mode 0644, wider than 0600: everyone can read it`,
    ],
    [
      'a key that nobody can come to',
      { [ca]: 'mode 0644 holds private-key', '/etc/kubernetes/pki': 'mode 0700 directory' },
      `low files/pki-key-mode: ${ca} has mode 0644, wider than 0600: /etc/kubernetes/pki (0700) lets nobody but root in`,
    ],
    [
      'a key of root’s own group, which has nobody',
      { [ca]: 'mode 0640 holds private-key' },
      `low files/pki-key-mode: ${ca} has mode 0640, wider than 0600: group root can read it`,
    ],
    [
      'a key that an access list gives away',
      { [ca]: 'mode 0640 holds private-key acl user:1000:r--,group::---,mask::r--' },
      `high files/pki-key-mode: ${ca} has mode 0640, wider than 0600: user deploy can read it`,
    ],
    [
      'a key behind a link',
      {
        '/var/lib/kubelet': 'mode 0711 directory',
        '/var/lib/kubelet/pki/kubelet-client-2026.pem': 'mode 0604 holds private-key',
      },
      'critical files/pki-key-mode: /var/lib/kubelet/pki/kubelet-client-2026.pem has mode 0604, wider than 0600: everyone can read it',
    ],
    [
      'a mode that is smaller as a number',
      {
        '/etc/kubernetes/manifests/kube-apiserver.yaml': 'mode 0577',
        '/etc/kubernetes/manifests': 'mode 0755 directory',
      },
      'critical files/kube-apiserver-manifest-mode: /etc/kubernetes/manifests/kube-apiserver.yaml has mode 0577, wider than 0600: everyone can change it',
    ],
    [
      'a kubelet configuration in a closed folder',
      { [config]: 'mode 0644' },
      `low files/kubelet-config-mode: ${config} has mode 0644, wider than 0600: /var/lib/kubelet (0700) lets nobody but root in`,
    ],
    [
      'a certificate of another user',
      { '/etc/kubernetes/pki/sa.key': 'mode 0600 owner 1000:1000 holds private-key' },
      'high files/pki-owner: /etc/kubernetes/pki/sa.key belongs to deploy:1000, not to root:root: user deploy can change it',
    ],
    [
      'an administrator’s kubeconfig of another group',
      { '/etc/kubernetes/admin.conf': 'mode 0600 owner 0:110 holds kubeconfig-credential' },
      'low files/admin-kubeconfig-owner: /etc/kubernetes/admin.conf belongs to root:ssl-cert, not to root:root: the group can do no more than others',
    ],
    [
      'an etcd folder that everyone can enter',
      { '/etc/kubernetes/etcd': 'mode 0755 directory', '/etc/kubernetes/etcd/member/snap/db': 'mode 0644' },
      'critical files/etcd-data-mode: /etc/kubernetes/etcd has mode 0755, wider than 0700: everyone can enter it',
    ],
    [
      'an etcd folder whose database is closed all the same',
      {
        '/etc/kubernetes/etcd': 'mode 0755 directory',
        '/etc/kubernetes/etcd/member': 'mode 0700 directory',
        '/etc/kubernetes/etcd/member/snap/db': 'mode 0600',
      },
      'low files/etcd-data-mode: /etc/kubernetes/etcd has mode 0755, wider than 0700: /etc/kubernetes/etcd/member (0700) lets nobody but root in',
    ],
    [
      'a client CA that everyone can change',
      { '/etc/kubernetes/pki/ca.crt': 'mode 0666' },
      'critical files/pki-certificate-mode: /etc/kubernetes/pki/ca.crt has mode 0666, wider than 0644: everyone can change it',
    ],
    [
      'a client CA of somebody else',
      { '/etc/kubernetes/pki/ca.crt': 'mode 0644 owner 1000:1000' },
      'high files/pki-owner: /etc/kubernetes/pki/ca.crt belongs to deploy:1000, not to root:root: user deploy can change it',
    ],
    [
      'a folder that everyone can write to',
      { '/etc/kubernetes': 'mode 0777 directory' },
      'critical files/writable-folders: /etc/kubernetes is not root’s alone: everyone can put files in it',
    ],
    [
      'a socket of a group with members',
      { '/run/docker.sock': 'mode 0660 owner 0:998 socket' },
      'high files/runtime-socket: /run/docker.sock is not root’s alone: group docker (deploy) can connect to it',
    ],
    [
      'a network plugin that a user can change',
      { '/opt/cni/bin/bridge': 'mode 0755 owner 1000:0' },
      'high files/cni-programs: /opt/cni/bin/bridge is not root’s alone: user deploy can change it',
    ],
    [
      'a static pod folder that everyone can write to',
      { '/etc/kubernetes/manifests': 'mode 0777 directory' },
      'critical files/static-pod-folder: /etc/kubernetes/manifests is not root’s alone: everyone can put files in it',
    ],
    [
      'the kubeconfig that is past RBAC',
      { '/etc/kubernetes/super-admin.conf': 'mode 0600 holds kubeconfig-credential' },
      'medium files/super-admin-kubeconfig: /etc/kubernetes/super-admin.conf lies on the node with a credential that nothing can limit or revoke: nobody but root can read it',
    ],
    [
      'a kubeconfig in a home folder',
      {
        '/home/deploy/.kube': 'mode 0755 owner 1000:1000 directory',
        '/home/deploy/.kube/config': 'mode 0600 owner 1000:1000 holds kubeconfig-credential',
      },
      'medium files/admin-kubeconfigs: /home/deploy/.kube/config lies on the node with a credential: user deploy can read it',
    ],
  ])('%s is one finding', (_, changes, wanted) => {
    expect(findings(changes)).toEqual([wanted]);
  });

  it.each([
    ['the scheduler’s kubeconfig', '/etc/kubernetes/scheduler.conf', 'files/kube-scheduler-kubeconfig-mode'],
    ['the administrator’s', '/etc/kubernetes/admin.conf', 'files/admin-kubeconfig-mode'],
  ])('a folder in the place of %s is not judged as one', (_, path, id) => {
    const control = controls.filter((each) => each.id === id);
    const { findings: found, undecided } = judgeText(control, nodeWith({ [path]: 'mode 0755 directory' }));
    expect(found).toEqual([]);
    expect(undecided.map(({ reason }) => reason)).toEqual([`${path} is a folder, where a file is expected`]);
  });

  it('a key of a group that can read it is wrong in both', () => {
    expect(findings({ [ca]: 'mode 0640 owner 0:110 holds private-key' })).toEqual([
      `low files/pki-owner: ${ca} belongs to root:ssl-cert, not to root:root: group ssl-cert (prometheus, deploy) can read it`,
      `high files/pki-key-mode: ${ca} has mode 0640, wider than 0600: group ssl-cert (prometheus, deploy) can read it`,
    ]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a socket whose group has nobody', { '/run/docker.sock': 'mode 0660 owner 0:997 socket' }],
    ['a kubeconfig without a credential that everyone can read', { '/etc/kubernetes/kubelet.conf': 'mode 0644' }],
    ['a sticky folder', { '/etc/kubernetes': 'mode 1777 directory' }],
  ])('%s is none', (_, changes) => {
    expect(findings(changes)).toEqual([]);
  });

  it('shows a finding at the file, with the command that mends it', () => {
    const [found] = judgeText(controls, nodeWith({ [ca]: 'mode 0644 holds private-key' })).findings;
    const { object } = found?.places[0] ?? {};
    expect([object?.kind, object?.name, object?.source.file]).toEqual(['File', `node-1:${ca}`, ca]);
    expect(found?.failure.remedy).toBe(`run chmod 0600 ${ca}`);
  });

  describe('in a folder that could not be listed', () => {
    const text = nodeWith({});
    const manifests = '/etc/kubernetes/manifests';
    const example = nodeExample(text);
    if (example === undefined) throw new Error('no node');
    const unlisted = {
      ...example,
      processes: [],
      files: example.files
        .filter(({ path }) => !path.startsWith(`${manifests}/`))
        .map((each) => (each.path === manifests ? { ...each, unread: 'permission denied' } : each)),
    };
    const judged = (id: string) => {
      const chosen = [...controls, ...nodeSettings].filter((control) => control.id === id);
      const snapshot = assembleSnapshot(
        [{ objects: [], inputs: [], gaps: [], nodes: [unlisted] }],
        '2026-11-21T00:00:00Z',
      );
      const { findings: found, undecided } = judge(snapshot, { controls: chosen });
      return [...found.map(({ message }) => message), ...undecided.map(({ reason }) => `undecided: ${reason}`)];
    };

    it.each([
      'files/ca-key-on-worker',
      'files/super-admin-kubeconfig',
      'files/kube-apiserver-manifest-mode',
      'files/etcd-data-mode',
      'kubelet/static-pod-path',
    ])('%s is undecided', (id) => {
      expect(judged(id)).toEqual([`undecided: ${manifests} could not be listed (permission denied)`]);
    });
  });
});
