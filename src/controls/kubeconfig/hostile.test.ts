import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import clusters from './clusters.ts';
import contents from './contents.ts';
import credentials from './credentials.ts';
import execPlugins from './exec-plugins.ts';
import kuberc from './kuberc.ts';
import ownFiles from './own-files.ts';

const controls: readonly AnyControl[] = [...clusters, ...contents, ...credentials, ...execPlugins, kuberc, ...ownFiles];

const word = fc.constantFrom(
  ...['clusters', 'users', 'contexts', 'current-context', 'name', 'cluster', 'user', 'context', 'server', 'token'],
  ...['certificate-authority', 'certificate-authority-data', 'client-certificate-data', 'client-key', 'proxy-url'],
  ...[
    'exec',
    'command',
    'args',
    'env',
    'value',
    'as',
    'as-groups',
    'auth-provider',
    'config',
    'tokenFile',
    'namespace',
  ],
  ...['insecure-skip-tls-verify', 'tls-server-name', '__proto__', 'constructor'],
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      '',
      'https://[::1',
      'http://a',
      '://',
      'sh',
      './x',
      'LS0tLS0=',
      'a.b.c',
    ),
    fc.string(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), tie('tree'), { maxKeys: 5 }),
  ),
}));

it('any JSON makes no control throw, on a node and as the user’s own', () => {
  fc.assert(
    fc.property(tree, tree, tree, (clusterList, userList, contextList) => {
      const text = JSON.stringify({
        kind: 'Config',
        clusters: [clusterList],
        users: [userList],
        contexts: [contextList],
      });
      for (const header of ['# file: /etc/kubernetes/admin.conf', '# user file: /home/ann/.kube/config']) {
        const { errors } = judgeText(controls, `${header}\n${text}\n`);
        expect(errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});

it('takes time in proportion to the number of entries', () => {
  const judged = (count: number): number => {
    const ids = Array.from({ length: count }, (_, index) => `e${index}`);
    const list = (of: (id: string) => string): string => ids.map((id) => `- ${of(id)}\n`).join('');
    const text = `# user file: /home/ann/.kube/config
clusters:
${list((id) => `{name: ${id}, cluster: {server: 'https://${id}', certificate-authority: /ca.crt}}`)}users:
${list((id) => `{name: ${id}, user: {token: ${id}, client-certificate: /a.crt, client-key: /a.key}}`)}contexts:
${list((id) => `{name: ${id}, context: {cluster: ${id}, user: ${id}}}`)}`;
    const start = performance.now();
    expect(judgeText(controls, text).findings.length).toBeGreaterThanOrEqual(count);
    return performance.now() - start;
  };
  judged(500);
  const few = judged(1000);
  // Sixteen times the entries: quadratic work would take two hundred times as long.
  expect(judged(16_000)).toBeLessThan(few * 80 + 1000);
});
