import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import { factsOf } from '../../facts/facts.ts';
import { ownKubeconfigs } from '../../facts/kubeconfigs.ts';
import { assembleSnapshot } from '../snapshot.ts';
import { readSnapshot, writeSnapshot } from '../snapshot-file.ts';
import { collectKubeconfigs } from './collect.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bulwark-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o600): string {
  const place = join(home, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  chmodSync(place, mode);
  return place;
}

function collect(env: Record<string, string> = {}) {
  return collectKubeconfigs({ env, home, cwd: home, uid: 1000 });
}

function read(env: Record<string, string> = {}) {
  const { kubeconfigs, gaps } = collect(env);
  const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps, kubeconfigs }], '2026-11-21T00:00:00Z');
  return { snapshot, found: factsOf(snapshot).get(ownKubeconfigs), gaps };
}

const config = (name: string, user = '{}', more = '') =>
  `clusters: [{name: ${name}, cluster: {server: 'https://${name}'}}]\nusers: [{name: ${name}, user: ${user}}]\ncontexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}}}]\n${more}`;

const payload = Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:a:b', exp: 1795000000 })).toString(
  'base64url',
);
const token = `eyJhbGciOiJSUzI1NiJ9.${payload}.SIGNATUREsignature`;

describe('the kubeconfigs of a user', () => {
  it('are those that kubectl merges, and others that lie beside them', () => {
    write('.kube/config', config('default'));
    write('.kube/staging.yaml', config('staging'));
    write('.kube/cache/other.yaml', config('cached'));
    write('.kube/notes.yaml', 'hello: world\n');
    const names = (env: Record<string, string>) =>
      read(env).found.map(({ clusters, own }) => `${clusters[0]?.name} ${own?.order ?? 'beside'}`);
    expect(names({})).toEqual(['default 0', 'staging beside']);
    write('b', config('b'));
    expect(names({ KUBECONFIG: `${join(home, 'missing')}:b:${join(home, '.kube/staging.yaml')}` })).toEqual([
      'b 1',
      'staging 2',
      'default beside',
    ]);
  });

  it('keep no credential, and what a token says of itself', async () => {
    write('tokens/t', `${token}\n`);
    write('.kube/config', config('a', `{token: ${token}, password: hunter22, client-key-data: c2VjcmV0a2V5}`));
    write(
      '.kube/file.yaml',
      config('f', '{tokenFile: ../tokens/t, exec: {command: x, env: [{name: MY_TOKEN, value: topsecret}]}}'),
    );
    const { snapshot, found } = read();
    const text = JSON.stringify(snapshot);
    for (const secret of [token, payload, 'SIGNATURE', 'hunter22', 'c2VjcmV0a2V5', 'topsecret'])
      expect(text).not.toContain(secret);
    const claims = { subject: 'system:serviceaccount:a:b', expires: 1795000000 };
    expect(found.map(({ users }) => users[0]?.claims)).toEqual([claims, claims]);
    expect(found[1]?.users[0]?.exec?.secretVariables).toEqual(['MY_TOKEN']);
    const file = join(home, 'saved.json');
    await writeSnapshot(snapshot, file);
    expect((await readSnapshot(file)).kubeconfigs).toEqual(snapshot.kubeconfigs);
  });

  it('bring the certificates that they name, relative to their own folder', () => {
    const { pem } = makeCertificate({ subject: 'CN=ann' });
    write('.kube/pki/ann.crt', pem);
    write('.kube/pki/ann.key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 0o644);
    write('.kube/config', config('a', '{client-certificate: pki/ann.crt, client-key: pki/ann.key}'));
    const { found, snapshot } = read();
    const [kubeconfig] = found;
    expect(kubeconfig?.resolve('pki/ann.crt').file?.text).toContain('BEGIN CERTIFICATE');
    expect(kubeconfig?.resolve('pki/ann.key').file).toMatchObject({ mode: 0o644, secret: 'private-key' });
    expect(JSON.stringify(snapshot)).not.toContain('AAAA');
  });

  it('are judged where a link names them', () => {
    const target = write('elsewhere/real.yaml', config('a', `{token: ${token}}`), 0o640);
    mkdirSync(join(home, '.kube'));
    symlinkSync(target, join(home, '.kube/config'));
    const { found } = read();
    expect(found.map(({ path, file, own }) => [path, file.path, file.mode, own?.order])).toEqual([
      [join(home, '.kube/config'), target, 0o640, 0],
    ]);
  });

  it('of a git work tree are told of unless it ignores them', () => {
    mkdirSync(join(home, 'repo/.git'), { recursive: true });
    const place = write('repo/deploy/kubeconfig', config('a', `{token: ${token}}`));
    const unignored = () => collect({ KUBECONFIG: place }).kubeconfigs.unignored;
    expect(unignored()).toEqual([place]);
    write('repo/.gitignore', 'kubeconfig\n');
    expect(unignored()).toEqual([]);
    write('repo/deploy/.gitignore', '!kubeconfig\n');
    expect(unignored()).toEqual([place]);
  });

  it('that cannot be read are a gap each, and the rest is read', () => {
    write('.kube/bad.yaml', 'clusters: [\n');
    write('.kube/good.yaml', config('good'));
    mkdirSync(join(home, '.kube/config'));
    symlinkSync('nowhere', join(home, '.kube/dangling.conf'));
    symlinkSync('loop.conf', join(home, '.kube/loop.conf'));
    const big = write('.kube/big.yaml', '');
    truncateSync(big, 21 * 1024 * 1024);
    const { found, gaps } = read();
    expect(found.map(({ clusters }) => clusters[0]?.name)).toEqual(['good']);
    expect(gaps.map(({ what, reason }) => `${what.slice(home.length + 1)}: ${reason}`)).toEqual([
      '.kube/bad.yaml: not readable as YAML or JSON: its text is not kept',
      '.kube/big.yaml: larger than 20 MiB',
    ]);
  });

  it('say which entries a file before them hides', () => {
    write('one', config('a'));
    write('two', config('a'));
    const { found } = read({ KUBECONFIG: 'one:two' });
    expect(found.map(({ own }) => own?.hidden.map(({ list, name, by }) => [list, name, by]))).toEqual([
      [],
      ['clusters', 'users', 'contexts'].map((list) => [list, 'a', join(home, 'one')]),
    ]);
  });
});
