import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { type Ran, runCli } from './run-cli.ts';

const port = 17_210;
const script = resolve(import.meta.dirname, '../../../shared/kube/lab');
const value = 'correct-horse-battery-staple';
const key = Buffer.alloc(32, 'a').toString('base64');
warnIfNoLab('Scans of etcd');

const encryption = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox: {keys: [{name: key1, secret: ${key}}]}
      - identity: {}
`;

describe('--etcd', () => {
  it.each([
    [['--etcd', 'https://127.0.0.1:1'], /needs --etcd-cacert, --etcd-cert, --etcd-key/],
    [['--etcd', 'https://127.0.0.1:1', '--etcd-cert', 'a', '--etcd-key', 'b'], /needs --etcd-cacert: /],
    [['--etcd', 'http://127.0.0.1:1'], /no https:\/\/ URL/],
    [['--etcd-key', 'a'], /--etcd-key is for a live etcd/],
    [['--etcd', 'a.db', '--etcd-servername', 'a'], /--etcd-servername is for a live etcd/],
    [
      ['--etcd', 'https://127.0.0.1:1', '--etcd-cacert=no', '--etcd-cert=no', '--etcd-key=no'],
      /the file of --etcd-cacert/,
    ],
    [['--from', 'a.json', '--etcd', 'a.db'], /--from judges a saved snapshot by itself/],
  ])('%j is a mistake', async (args, message) => {
    const { code, stdout, stderr } = await runCli(['scan', ...args]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('says which file is no etcd', async () => {
    const { code, stdout } = await runCli(['scan', '--etcd', 'package.json', '--etcd', 'no-such-file.db']);
    expect(stdout).toMatch(/no-such-file\.db: no such file/);
    expect(stdout).toMatch(/package\.json: it is no etcd snapshot or database/);
    expect(code).toBe(3);
  });
});

describe.skipIf(!labAvailable)('scans of etcd', { timeout: 120_000 }, () => {
  let lab: Lab;
  let secrets = 0;
  const member = `https://127.0.0.1:${port + 1}`;

  beforeAll(async () => {
    lab = await startLab({ port });
    await lab.kubectl(['create', 'namespace', 'shop']);
    for (const name of ['one', 'two']) {
      await lab.kubectl(['create', 'secret', 'generic', name, '--namespace=shop', `--from-literal=password=${value}`]);
    }
    secrets = (await lab.kubectl(['get', 'secrets', '--all-namespaces', '--output=name'])).trim().split('\n').length;
    // What is written is in the database file after the next commit, 100 ms later.
    await sleep(500);
  }, 240_000);

  afterAll(async () => lab?.stop(), 120_000);

  const pki = (name: string): string => join(lab.folder, 'root/etc/kubernetes/pki', name);
  const credentials = (): string[] => [
    `--etcd-cacert=${pki('etcd/ca.crt')}`,
    `--etcd-cert=${pki('apiserver-etcd-client.crt')}`,
    `--etcd-key=${pki('apiserver-etcd-client.key')}`,
  ];

  /** As `etcdctl snapshot save`. */
  async function saveSnapshot(): Promise<string> {
    const file = join(lab.folder, 'etcd-snapshot.db');
    const lines = (await post('maintenance/snapshot')).split('\n').filter((line) => line !== '');
    const blobs = lines.map((line) => Buffer.from(JSON.parse(line).result.blob, 'base64'));
    writeFileSync(file, Buffer.concat(blobs), { mode: 0o600 });
    return file;
  }

  function post(request: string, body: unknown = {}): Promise<string> {
    const [ca, cert, clientKey] = ['etcd/ca.crt', 'apiserver-etcd-client.crt', 'apiserver-etcd-client.key'].map(
      (name) => readFileSync(pki(name), 'utf8'),
    );
    return new Promise((onText, onError) => {
      const options = { method: 'POST', ca, cert, key: clientKey };
      const sent = https.request(`${member}/v3/${request}`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => onText(Buffer.concat(chunks).toString('utf8')));
      });
      sent.on('error', onError);
      sent.end(JSON.stringify(body));
    });
  }

  interface Report {
    readonly findings: readonly {
      readonly control: string;
      readonly message: string;
      readonly locations: readonly { readonly file: string }[];
    }[];
    readonly gaps: readonly object[];
  }

  /** What the controls of etcd's data find, as `file control: message`; no value may be in any report. */
  async function scan(...args: readonly string[]): Promise<{ readonly ran: Ran; readonly found: readonly string[] }> {
    const all = ['scan', '--only', 'etcd-data', ...args];
    const terminal = await runCli([...all, '--verbose']);
    const ran = await runCli([...all, '--output', 'json']);
    for (const text of [terminal.stdout, terminal.stderr, ran.stdout, ran.stderr]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(key);
    }
    const report: Report = JSON.parse(ran.stdout);
    expect(report.gaps).toEqual([]);
    const found = report.findings.map(
      ({ control, message, locations }) => `${locations[0]?.file} ${control.replace('etcd-data/', '')}: ${message}`,
    );
    return { ran, found };
  }

  it('find Secrets in plain text in a snapshot, a member, and the database of a node', async () => {
    const snapshot = await saveSnapshot();
    const database = join(lab.folder, 'root/var/lib/etcd/member/snap/db');
    const inPlain = expect.stringMatching(`secrets-encrypted: all ${secrets} Secrets lie in plain text: `);
    const { ran, found } = await scan('--etcd', snapshot);
    expect(found).toEqual([inPlain]);
    expect(found[0]?.startsWith(`${snapshot} `)).toBe(true);
    expect(ran.code).toBe(1);
    expect((await scan('--etcd', member, ...credentials())).found).toEqual([inPlain]);
    const ofNode = await scan('--root', join(lab.folder, 'root'));
    expect(ofNode.found).toEqual([inPlain]);
    expect(ofNode.found[0]?.startsWith(`${database} `)).toBe(true);
    expect((await scan('--root', join(lab.folder, 'root'), '--no-etcd')).found).toEqual([]);
  });

  it('tell of a snapshot that was changed, is open to all, and is old', async () => {
    const file = join(lab.folder, 'spoiled.db');
    copyFileSync(await saveSnapshot(), file);
    const bytes = readFileSync(file);
    const at = bytes.indexOf(value);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    chmodSync(file, 0o644);
    // The folder is the owner's alone, until it is not.
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString();
    const closed = await scan('--etcd', file, '--now', inTwoDays);
    expect(closed.found).toEqual([
      expect.stringMatching(/secrets-encrypted: all \d+ Secrets/),
      expect.stringMatching(/snapshot-integrity: its hash is [0-9a-f]{12}, not [0-9a-f]{12} as at its end/),
      expect.stringMatching(/backup-age: was written (?:47|48) hours ago/),
    ]);
    chmodSync(lab.folder, 0o755);
    const open = await scan('--etcd', file);
    chmodSync(lab.folder, 0o700);
    expect(open.found).toContainEqual(
      expect.stringMatching(/snapshot-mode: has mode 0644: everyone on the machine may read it, and holds Secrets/),
    );
  });

  it('judge a saved snapshot as the evidence itself', async () => {
    const saved = join(lab.folder, 'saved.json');
    const { found } = await scan('--etcd', await saveSnapshot(), '--save', saved);
    expect((await scan('--from', saved)).found).toEqual(found);
    expect(readFileSync(saved, 'utf8')).not.toContain(value);
  });

  it('follow encryption from its configuration to the last copy', async () => {
    const root = join(lab.folder, 'root');
    const manifest = join(root, 'etc/kubernetes/manifests/kube-apiserver.yaml');
    const runLab = (...args: readonly string[]): Promise<unknown> =>
      promisify(execFile)(script, args, { env: { ...process.env, LAB_PORT: String(port) }, timeout: 120_000 });
    writeFileSync(pki('enc.yaml'), encryption, { mode: 0o600 });
    const flag = '    - --encryption-provider-config=/etc/kubernetes/pki/enc.yaml\n';
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('    - kube-apiserver\n', (line) => line + flag),
    );
    await runLab('down', lab.folder);
    await runLab('up', lab.folder);
    const though = 'although secretbox \\(key1\\) is to write them';
    expect((await scan('--root', root)).found).toEqual([
      expect.stringMatching(`secrets-encrypted: all ${secrets} Secrets lie in plain text, ${though}: `),
    ]);

    const list = await lab.kubectl(['get', 'secrets', '--all-namespaces', '--output=json']);
    await lab.kubectl(['replace', '--filename=-'], list);
    await sleep(500);
    const past = expect.stringMatching(
      `history-encrypted: holds former values in plain text: secrets \\(${secrets} in old revisions`,
    );
    expect((await scan('--root', root)).found).toEqual([past]);
    expect((await scan('--etcd', await saveSnapshot())).found).toEqual([past]);
    expect((await scan('--etcd', member, ...credentials())).found).toEqual([]);

    const { revision } = JSON.parse(await post('kv/range', { key: 'AA==', count_only: true })).header;
    await post('kv/compaction', { revision, physical: true });
    expect((await scan('--etcd', await saveSnapshot())).found).toEqual([
      expect.stringMatching(/history-encrypted: holds former values in plain text: secrets \(\d+ in freed pages\)/),
    ]);
    await post('maintenance/defragment');
    expect((await scan('--etcd', await saveSnapshot())).found).toEqual([]);
    expect((await scan('--root', root)).found).toEqual([]);

    // A configuration that lost the key cannot read what is there.
    writeFileSync(pki('enc.yaml'), encryption.replace('name: key1', 'name: key2'));
    expect((await scan('--root', root)).found).toEqual([
      expect.stringMatching(`readable: under secretbox key1 there are secrets \\(${secrets}\\), which the API server`),
    ]);
  }, 240_000);
});
