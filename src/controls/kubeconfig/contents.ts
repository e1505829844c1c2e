import type { Kubeconfig, KubeconfigProblem } from '../../model/kubeconfig.ts';
import type { Path } from '../../model/path.ts';
import { notApplicable } from '../../model/verdict.ts';
import { parseCertificate } from '../../semantics/certificates/parse.ts';
import { pemBlocks } from '../../semantics/certificates/pem-blocks.ts';
import { identityOf, isMaster } from '../../semantics/kubeconfig/identity.ts';
import { exampleCertificates as pem } from '../certificates/example-certificates.ts';
import { kubeconfigOf, onNode, ownFile, trustedCluster } from './example-kubeconfig.ts';
import { type KubeconfigQuestion, kubeconfigControls, quoted, usersByName, type Wrong } from './kubeconfig-control.ts';

const good = onNode({});
const masters = `{client-certificate-data: ${Buffer.from(pem.masters).toString('base64')}, client-key-data: REDACTED}`;

export default kubeconfigControls([
  {
    name: 'unknown-fields',
    title: 'Kubeconfigs have no fields that kubectl ignores',
    severity: 'low',
    why: 'A field that kubectl does not know does nothing: with a misspelt certificate authority, the system’s are trusted.',
    remedy: 'mend the field’s name, or remove it',
    wrong: ({ kubeconfig }) => problems(kubeconfig.problems, 'ignored'),
    examples: { fail: [onNode({ cluster: "{server: 'https://a', certificateAuthority: /ca.crt}" })], pass: [good] },
  },
  {
    name: 'accepted',
    title: 'Kubeconfigs are such that kubectl accepts them',
    severity: 'low',
    why: 'What kubectl refuses is mended in a hurry, often by skipping verification; and credentials lie in a file that is of no use.',
    remedy: 'mend what is named; `kubectl --kubeconfig FILE config view` shows whether it reads',
    wrong: ({ kubeconfig }) => problems(kubeconfig.problems, 'refused'),
    examples: {
      fail: [
        onNode({ cluster: "{server: 'https://a', certificate-authority: /ca.crt, insecure-skip-tls-verify: true}" }),
      ],
      pass: [good],
    },
  },
  {
    name: 'named-files',
    title: 'Files that kubeconfigs name are there',
    severity: 'low',
    why: 'kubectl fails where a named file is missing; whoever can write to its folder puts another one there, a certificate authority for instance.',
    remedy: 'mend the path, or remove the entry',
    wrong: ({ kubeconfig }) => {
      if (kubeconfig.own === undefined) return notApplicable('files of a node are read as far as the collector goes');
      return missingFiles(kubeconfig);
    },
    examples: {
      fail: [ownFile({ user: '{client-certificate: gone.crt, client-key: gone.key}' })],
      pass: [ownFile({})],
    },
  },
  {
    name: 'system-namespace',
    title: 'No context works in kube-system unless told to',
    severity: 'info',
    why: 'A command without -n changes what the cluster itself runs on.',
    remedy: 'remove the namespace from the context, and name it in the command',
    wrong: ({ kubeconfig }) =>
      kubeconfig.contexts
        .filter(({ namespace }) => namespace === 'kube-system')
        .map(({ name, at }) => ({
          says: `${quoted('context', name)} works in kube-system by default`,
          at: [...at, 'namespace'],
          of: name,
        })),
    examples: { fail: [onNode({ context: ', namespace: kube-system' })], pass: [good] },
  },
  {
    name: 'production-default',
    title: 'The current context is not a production cluster with all rights',
    severity: 'info',
    why: 'A command that was meant for another cluster goes to production, and nothing there says no.',
    remedy: 'leave current-context empty, or on a cluster that may break: `kubectl config unset current-context`',
    wrong: productionDefault,
    examples: { fail: [ownFile({ user: masters })], pass: [ownFile({ user: '{token: x}' })] },
  },
  {
    name: 'hidden-entries',
    title: 'No kubeconfig hides an entry of another',
    severity: 'medium',
    why: 'Of entries with one name in the files of KUBECONFIG the first wins: credentials go to the server of another file’s entry.',
    remedy: 'rename one of the two: `kubectl config rename-context`, or edit the file',
    wrong: ({ kubeconfig: { own } }) => {
      if (own?.order === undefined) return notApplicable('kubectl does not merge it with others');
      return own.hidden.map(({ list, name, by, at }) => ({
        says: `${quoted(list === 'clusters' ? 'cluster' : list === 'users' ? 'user' : 'context', name)} is hidden by the one of ${by}`,
        at,
        of: `${list} ${name}`,
      }));
    },
    examples: {
      fail: [
        `${ownFile({})}# user file: /home/ann/.kube/second merged\n${kubeconfigOf({ cluster: trustedCluster.replace('192.0.2.2', '192.0.2.3') })}`,
      ],
      pass: [ownFile({})],
    },
  },
]);

function missingFiles({ clusters, users, resolve }: Kubeconfig): readonly Wrong[] {
  const found: Wrong[] = [];
  const look = (
    sort: 'cluster' | 'user',
    { name, at }: { name: string; at: Path },
    named: string | undefined,
  ): void => {
    if (named === undefined || named === '') return;
    const { path, file, unread } = resolve(named);
    if (file === undefined && unread === undefined)
      found.push({ says: `${quoted(sort, name)} names ${path}, which is not there`, at, of: `${name} ${path}` });
  };
  for (const cluster of clusters)
    if (cluster.authority?.data === undefined) look('cluster', cluster, cluster.authority?.path);
  for (const user of users) {
    if (user.certificate?.data === undefined) look('user', user, user.certificate?.path);
    look('user', user, user.key?.path);
    look('user', user, user.tokenFile);
  }
  return found;
}

function problems(all: readonly KubeconfigProblem[], kind: KubeconfigProblem['kind']): readonly Wrong[] {
  const found: Wrong[] = [];
  for (const problem of all) {
    if (problem.kind === kind) found.push({ says: problem.message, at: problem.at, of: problem.message });
  }
  return found;
}

function productionDefault({ kubeconfig }: KubeconfigQuestion): readonly Wrong[] | ReturnType<typeof notApplicable> {
  if (kubeconfig.own === undefined) return notApplicable('it is a component’s or an administrator’s on a node');
  const context = kubeconfig.contexts.find(({ name }) => name === kubeconfig.currentContext);
  if (
    context === undefined ||
    !/(?:^|[^a-z])(?:prd|prod|production|live)(?:[^a-z]|$)/i.test(`${context.name} ${context.cluster}`)
  )
    return [];
  const user = usersByName(kubeconfig).get(context.user);
  const text = user?.certificate?.data ?? kubeconfig.resolve(user?.certificate?.path ?? '').file?.text ?? '';
  const [block] = pemBlocks(text);
  const parsed = block && parseCertificate(block.pem);
  const certificate = parsed !== undefined && 'certificate' in parsed ? parsed.certificate : undefined;
  if (!isMaster(identityOf(user, certificate))) return [];
  const says = `the current context is ${JSON.stringify(context.name)}, with all rights in it`;
  return [{ says, at: ['current-context'], of: context.name }];
}
