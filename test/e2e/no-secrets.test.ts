import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { components } from '../../src/model/component.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { type KnownSecret, keysBelow, keysOf, PlantedSecrets } from './planted-secrets.ts';
import { runCli } from './run-cli.ts';

warnIfNoLab('What no report shows');

describe.skipIf(!labAvailable)('no secret is in any output', () => {
  let lab: Lab;
  let root = '';
  let folder = '';
  let bundle = '';
  let secrets: readonly KnownSecret[] = [];
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-secrets-'));
    lab = await startLab({ port: 18_100 });
    root = join(lab.folder, 'root');
    const keys = keysBelow(root);
    expect(new Set(keys.map(({ where }) => where)).size).toBeGreaterThan(10);
    const planted = new PlantedSecrets(root);
    planted.plant();
    plantProcesses(planted);
    secrets = [...keys, ...planted.known, ...(await clusterSecrets())];
    const script = join(folder, 'node.sh');
    writeFileSync(script, (await runCli(['node', 'script'])).stdout);
    bundle = join(folder, 'node.tar.gz');
    execFileSync('sh', [script, bundle, root]);
    execFileSync('sh', [script, join(folder, 'host.tar.gz')]);
  }, 180_000);

  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 100_000);

  /** Processes that were given secrets as arguments, and as variables of their environment. */
  function plantProcesses(planted: PlantedSecrets): void {
    const start = (name: string, args: readonly string[], env: Record<string, string> = {}): void => {
      const program = join(folder, name);
      copyFileSync('/bin/bash', program);
      started.push(spawn(program, ['-c', 'sleep 600; :', name, ...args], { env, stdio: 'ignore', detached: true }));
    };
    start('kube-apiserver', [
      `--etcd-servers=https://jane:${planted.secret('address of a process')}@127.0.0.1:2379`,
      `--token=${planted.secret('argument of a process')}`,
      '--password',
      planted.secret('argument of a process, two words'),
    ]);
    start('etcd', [`--experimental-secret=${planted.secret('argument of etcd')}`], {
      ETCD_ROOT_PASSWORD: planted.secret('environment of etcd'),
      ETCD_INITIAL_CLUSTER: `one=https://jane:${planted.secret('address in the environment of etcd')}@127.0.0.1:2380`,
      AWS_SECRET_ACCESS_KEY: planted.secret('another variable of etcd'),
    });
  }

  /** Tokens that the cluster itself keeps, and those that someone put there. */
  async function clusterSecrets(): Promise<KnownSecret[]> {
    const token = 'zqboot.0123456789zqboot';
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'bootstrap.kubernetes.io/token',
        metadata: { name: 'bootstrap-token-zqboot', namespace: 'kube-system' },
        stringData: {
          'token-id': 'zqboot',
          'token-secret': '0123456789zqboot',
          'usage-bootstrap-authentication': 'true',
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'careless', annotations: { password: 'zq-annotated-Wx9' } },
        spec: {
          containers: [
            {
              name: 'a',
              image: 'a',
              args: ['--password=zq-argument-Wx9'],
              env: [{ name: 'DB_PASSWORD', value: 'zq-variable-Wx9' }],
            },
          ],
        },
      },
    ];
    await lab.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    const known: KnownSecret[] = [
      { where: 'bootstrap token', text: token.slice(7) },
      ...['annotated', 'argument', 'variable'].map((where) => ({ where, text: `zq-${where}-Wx9` })),
    ];
    const listed = JSON.parse(await lab.kubectl(['get', 'secrets', '-A', '-o', 'json']));
    for (const { metadata, data } of listed.items) {
      const encoded: string | undefined = data?.token;
      if (encoded === undefined) continue;
      const [, , signature = ''] = Buffer.from(encoded, 'base64').toString('utf8').split('.');
      known.push(
        { where: `token ${metadata.name}`, text: signature },
        { where: metadata.name, text: encoded.slice(-80) },
      );
    }
    expect(known.length).toBeGreaterThan(40);
    return known;
  }

  function leaks(output: string): string[] {
    return [...new Set(secrets.filter(({ text }) => output.includes(text)).map(({ where }) => where))];
  }

  async function expectClean(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const { code, stdout, stderr } = await runCli(args, { cwd: folder, env });
    expect([0, 1, 3], `${args.join(' ')}: ${stderr}`).toContain(code);
    expect(stdout.length, args.join(' ')).toBeGreaterThan(20);
    expect(leaks(stdout + stderr), args.join(' ')).toEqual([]);
    return stdout;
  }

  it('knows what to look for', () => {
    expect(leaks(readFileSync(join(root, 'etc/kubernetes/admin.conf'), 'latin1'))).not.toEqual([]);
    expect(leaks(readFileSync(join(root, 'etc/containerd/config.toml'), 'latin1'))).toHaveLength(4);
    expect(keysOf(readFileSync(join(root, 'etc/kubernetes/pki/ca.crt'), 'latin1'))).toEqual([]);
  });

  it('of a scan of the root and of its bundle', async () => {
    for (const evidence of [
      ['--root', root],
      ['--node-bundle', bundle],
    ]) {
      for (const report of [
        ['-v'],
        ['-o', 'json'],
        ['-o', 'sarif'],
        ['--benchmark', 'cis', '-v'],
        ['--color', 'always'],
      ]) {
        await expectClean(['scan', ...evidence, ...report]);
      }
      await expectClean(['certificates', ...evidence]);
      await expectClean(['certificates', ...evidence, '-o', 'json']);
      await expectClean(['guide', ...evidence]);
    }
  }, 120_000);

  it('of what is saved, and of what is told of it', async () => {
    await expectClean(['scan', '--root', root, '--save', 'root.json']);
    await expectClean(['scan', '--node-bundle', bundle, '--save', 'bundle.json']);
    await expectClean(['scan', '--kubeconfigs', '--save', 'own.json'], kubeconfigs());
    for (const name of ['root.json', 'bundle.json', 'own.json']) {
      expect(leaks(readFileSync(join(folder, name), 'latin1')), name).toEqual([]);
      await expectClean(['scan', '--from', name, '-o', 'json']);
    }
  }, 60_000);

  it('of the bundles themselves', () => {
    for (const name of ['node.tar.gz', 'host.tar.gz']) {
      const unpacked = gunzipSync(readFileSync(join(folder, name))).toString('latin1');
      expect(unpacked).toContain('kube-apiserver');
      expect(leaks(unpacked), name).toEqual([]);
    }
  });

  it('of a scan of this machine, with its processes', async () => {
    await expectClean(['scan', '--node', '--no-etcd', '-o', 'json', '--save', 'host.json']);
    const saved = readFileSync(join(folder, 'host.json'), 'latin1');
    expect(saved).toContain('--experimental-secret=REDACTED');
    expect(leaks(saved)).toEqual([]);
    await expectClean(['scan', '--node-bundle', 'host.tar.gz', '-v']);
  }, 60_000);

  it.each(components)('of the configuration of %s', async (component) => {
    const { stdout, stderr } = await runCli(['config', component, '--root', root, '--all']);
    expect(stdout.length + stderr.length).toBeGreaterThan(20);
    expect(leaks(stdout + stderr)).toEqual([]);
    const here = await runCli(['config', component, '--all']);
    expect(leaks(here.stdout + here.stderr)).toEqual([]);
  });

  it('of a mended node', async () => {
    await expectClean(['fix', '--root', root, '--dry-run', '--may-break']);
  });

  function kubeconfigs(): Record<string, string> {
    return { KUBECONFIG: [lab.kubeconfig, join(root, 'root/.kube/config')].join(':'), HOME: join(root, 'root') };
  }

  it('of kubeconfigs and who they are', async () => {
    const env = kubeconfigs();
    for (const report of [['-v'], ['-o', 'json'], ['-o', 'sarif']])
      await expectClean(['scan', '--kubeconfigs', ...report], env);
    await expectClean(['whoami', '--kubeconfig', lab.kubeconfig, '--ask']);
    await expectClean(['whoami', '--all', '--offline'], env);
    await expectClean(['whoami', '--all', '--offline', '-o', 'json'], env);
    await expectClean(['certificates', '--kubeconfig', lab.kubeconfig]);
  }, 60_000);

  it('of the live cluster and its database', async () => {
    const pki = join(root, 'etc/kubernetes/pki');
    const etcd = ['--etcd', `https://127.0.0.1:${Number(new URL(lab.server).port) + 1}`];
    const credentials = ['--etcd-cacert', 'etcd/ca.crt', '--etcd-cert', 'apiserver-etcd-client.crt'];
    for (const report of [['-v'], ['-o', 'json'], ['-o', 'sarif'], ['-o', 'json', '--save', 'cluster.json']]) {
      await expectClean(['scan', '--kubeconfig', lab.kubeconfig, ...report]);
    }
    expect(leaks(readFileSync(join(folder, 'cluster.json'), 'latin1'))).toEqual([]);
    await expectClean([
      ...['scan', ...etcd, ...credentials.map((word) => (word.startsWith('--') ? word : join(pki, word)))],
      ...['--etcd-key', join(pki, 'apiserver-etcd-client.key'), '-o', 'json', '--save', 'etcd.json'],
    ]);
    expect(leaks(readFileSync(join(folder, 'etcd.json'), 'latin1'))).toEqual([]);
    await expectClean(['certificates', '--cluster'], { KUBECONFIG: lab.kubeconfig });
  }, 120_000);

  it('of a probe, as nobody and as the administrator', async () => {
    const port = Number(new URL(lab.server).port);
    const hosts = [`127.0.0.1:${port}`, `127.0.0.1:${port + 1}=etcd`, `127.0.0.1:${port + 3}`];
    const admin = [
      '--kubeconfig',
      lab.kubeconfig,
      '--context',
      (await lab.kubectl(['config', 'current-context'])).trim(),
    ];
    for (const as of [[], admin]) {
      await expectClean(['probe', ...hosts, '-v', '--rate', '100', ...as]);
      await expectClean(['probe', ...hosts, '-o', 'json', '--rate', '100', ...as]);
    }
    await expectClean(['probe', hosts[0] ?? '', '--root', root, '--rate', '100']);
  }, 120_000);

  it('of an explanation, and of the list of controls', async () => {
    await expectClean(['explain', 'kube-apiserver/token-auth-file']);
    await expectClean(['controls']);
  });
});
