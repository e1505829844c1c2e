import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statesOfRoot } from '../cis/bulwark.ts';
import { automatedChecks, checksAvailable, warnIfNoChecks } from '../cis/checks.ts';
import { type Comparison, compare, surprises } from '../cis/compare.ts';
import { conclude } from '../cis/conclude.ts';
import { EditableRoot } from '../cis/edit.ts';
import { rootAt } from '../cis/node-root.ts';
import { mend, spoilsOf } from '../cis/spoil.ts';
import { labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('Agreement with the text of the benchmark on a node that kubeadm made');
warnIfNoChecks('Agreement with the text of the benchmark on a node that kubeadm made');

describe.skipIf(!labAvailable || !checksAvailable)('on a node that kubeadm made', () => {
  let folder = '';
  let stopped: Promise<void> = Promise.resolve();
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-cis-'));
    const lab = await startLab({ port: 18700 });
    try {
      copy(join(lab.folder, 'root'), at('kubeadm'));
    } finally {
      // Its files are all that is needed: it ends while they are read.
      stopped = lab.stop();
    }
    copy(at('kubeadm'), at('mended'));
    complete(new EditableRoot(at('mended')));
  }, 150_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await stopped;
  }, 100_000);

  it('Bulwark says what the text of the benchmark says', async () => {
    const compared = await comparedAt(at('kubeadm'));
    expect(surprises(compared)).toEqual([]);
    expect(failing(compared)).toEqual(
      '1.1.12 1.2.5 1.2.15 1.2.16 1.2.17 1.2.18 1.2.19 1.2.30 1.3.2 1.4.1 4.1.9'.split(' '),
    );
  });

  it('it passes in both once all is mended', async () => {
    const compared = await comparedAt(at('mended'));
    expect(surprises(compared)).toEqual([]);
    expect(compared.filter(({ text, bulwark }) => text !== 'pass' || bulwark !== 'pass')).toEqual([]);
  });

  it.each(automatedChecks.map((check) => [check.id, check.title, check] as const))(
    '%s (%s) fails in both in every way that it can',
    async (id, _, check) => {
      const spoils = spoilsOf(check, at('mended'));
      expect(spoils.length).toBeGreaterThan(0);
      for (const { how, apply } of spoils) {
        const root = new EditableRoot(at('mended'));
        apply(root);
        const compared = await comparedAt(at('mended')).finally(() => root.undo());
        expect(surprises(compared), how).toEqual([]);
        expect(
          compared.find((each) => each.check === id),
          how,
        ).toMatchObject({ text: 'fail', bulwark: 'fail' });
      }
    },
  );
});

/** What a node has that the lab does not make, and each check mended that fails. */
function complete(root: EditableRoot): void {
  root.write('/etc/passwd', 'root:x:0:0::/root:/bin/sh\netcd:x:2000:2000::/:/bin/false\n');
  root.write('/etc/group', 'root:x:0:\netcd:x:2000:\n');
  const flags = '--kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml';
  root.write('/etc/systemd/system/kubelet.service', '[Service]\nExecStart=/usr/bin/kubelet\n');
  root.write(
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
    `[Service]\nExecStart=\nExecStart=/usr/bin/kubelet ${flags}\n`,
  );
  const proxy = '/var/lib/kube-proxy/config.conf';
  root.write('/etc/systemd/system/kube-proxy.service', `[Service]\nExecStart=/usr/bin/kube-proxy --config=${proxy}\n`);
  root.write(
    proxy,
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmetricsBindAddress: ""\n',
  );
  const node = rootAt(root.folder);
  for (const check of automatedChecks) if (conclude(check, node) !== 'pass') mend(check, root);
}

async function comparedAt(root: string): Promise<readonly Comparison[]> {
  return compare(rootAt(root), await statesOfRoot(root));
}

function failing(compared: readonly Comparison[]): readonly string[] {
  return compared.filter(({ text }) => text === 'fail').map(({ check }) => check);
}

/** Owners and modes too, which Node's own copy leaves out. */
function copy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['--archive', from, to]);
}
