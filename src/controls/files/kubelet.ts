import type { NodeFiles } from '../../facts/node-files.ts';
import { kubeletConfig } from '../node-examples.ts';
import { headed, plain } from './examples.ts';
import { type FileSet, fileControls } from './file-control.ts';
import { pickedFiles, settingFiles, union } from './file-sets.ts';

const unitFile =
  /^\/(?:etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\/(?:kubelet|snap\.(?:kubelet|microk8s)\.daemon(?:-kubelet)?)\.service(?:\.d\/[^/]+\.conf)?$/;

/** The unit and its drop-ins. */
export function units(files: NodeFiles): FileSet {
  const set = pickedFiles(files, ({ path }) => unitFile.test(path), 'no systemd unit starts a kubelet on this node');
  const isStarted = files.ofComponent('kubelet').some(({ start }) => start.by?.kind === 'unit');
  if (set.found.length > 0 || !isStarted) return set;
  return { ...set, unknown: 'the unit that starts the kubelet was not found on the node' };
}

export function clientCa(files: NodeFiles): FileSet {
  const set = settingFiles(files, 'kubelet', ['authentication.x509.clientCAFile']);
  const left = pickedFiles(
    files,
    ({ path }) => /^\/var\/lib\/rancher\/(?:k3s|rke2)\/agent\/client-ca\.crt$/.test(path),
    '',
  );
  return union([set, left], files.ofComponent('kubelet').length === 0 ? set.none : 'the kubelet has no client CA');
}

const dropIns = /\/agent\/etc\/kubelet\.conf\.d\/[^/]+\.conf$/;

/** The configuration file, and the drop-ins of `--config-dir`: the kubelet reads no file there of another name. */
export function configuration(files: NodeFiles): FileSet {
  const kubelets = files.ofComponent('kubelet');
  const file = settingFiles(files, 'kubelet', ['config']);
  const folders = kubelets.flatMap(({ config }) => {
    const value = config.get('config-dir')?.value;
    return typeof value === 'string' && value.startsWith('/') ? [value.replace(/\/+$/, '')] : [];
  });
  const below = pickedFiles(
    files,
    ({ path, type }) =>
      type === 'file' &&
      (dropIns.test(path) || (path.endsWith('.conf') && folders.some((folder) => path.startsWith(`${folder}/`)))),
    '',
  );
  const none = kubelets.length === 0 ? 'no kubelet on this node' : 'the kubelet has no configuration file';
  return union([file, below], none);
}

const unitPath = '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf';
const unitText = `# file: ${unitPath}\n[Service]\nExecStart=/usr/bin/kubelet\n`;
const config = kubeletConfig('authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}');
const withMode = (mode: string): string =>
  config.replace('# file: /var/lib/kubelet/config.yaml', `# file: /var/lib/kubelet/config.yaml ${mode}`);

/** The kubelet's files. Source: CIS Kubernetes Benchmark 1.12, 4.1.1, 4.1.2 and 4.1.7 to 4.1.10. */
export default fileControls([
  {
    name: 'kubelet-unit-mode',
    title: 'Only root can read and change the unit of the kubelet',
    severity: 'medium',
    why: 'The unit says how the kubelet is started, as root, and may hold more in its environment than it should.',
    files: units,
    content: 'configuration',
    asks: { mode: 0o600 },
    examples: { fail: [headed(unitText, 'mode 0644')], pass: [headed(unitText, 'mode 0600')] },
  },
  {
    name: 'kubelet-unit-owner',
    title: 'The unit of the kubelet belongs to root',
    severity: 'high',
    why: 'The owner of a unit decides what runs as root when the kubelet is started.',
    files: units,
    content: 'configuration',
    asks: { owner: 'root' },
    examples: { fail: [headed(unitText, 'owner 1000:1000')], pass: [unitText] },
  },
  {
    name: 'kubelet-client-ca-mode',
    title: 'Only root can change the client CA of the kubelet',
    severity: 'medium',
    why: 'Whoever changes it decides whose certificates the kubelet takes, and so who runs commands in its pods.',
    files: clientCa,
    sameAs: 'files/pki-certificate-mode',
    content: 'public',
    asks: { mode: 0o644 },
    examples: {
      fail: [config + plain('/etc/kubernetes/pki/ca.crt', 'mode 0664')],
      pass: [config + plain('/etc/kubernetes/pki/ca.crt', 'mode 0644')],
    },
  },
  {
    name: 'kubelet-client-ca-owner',
    title: 'The client CA of the kubelet belongs to root',
    severity: 'high',
    why: 'The owner of the file decides whose certificates the kubelet takes, and so who runs commands in its pods.',
    files: clientCa,
    sameAs: 'files/pki-owner',
    content: 'public',
    asks: { owner: 'root' },
    examples: {
      fail: [config + plain('/etc/kubernetes/pki/ca.crt', 'mode 0644 owner 1000:1000')],
      pass: [config + plain('/etc/kubernetes/pki/ca.crt', 'mode 0644')],
    },
  },
  {
    name: 'kubelet-config-mode',
    title: 'Only root can read and change the configuration of the kubelet',
    severity: 'medium',
    why: 'Whoever can change it switches the kubelet’s authentication off; whoever reads it knows where that was done.',
    files: configuration,
    content: 'configuration',
    asks: { mode: 0o600 },
    examples: {
      fail: [withMode('mode 0644'), `${withMode('mode 0644')}${plain('/var/lib/kubelet', 'mode 0700 directory')}`],
      pass: [withMode('mode 0600')],
    },
  },
  {
    name: 'kubelet-config-owner',
    title: 'The configuration of the kubelet belongs to root',
    severity: 'high',
    why: 'The owner of the file can switch the kubelet’s authentication off, and then run commands in every pod.',
    files: configuration,
    content: 'configuration',
    asks: { owner: 'root' },
    examples: { fail: [withMode('owner 1000:1000')], pass: [withMode('owner 0:0')] },
  },
]);
