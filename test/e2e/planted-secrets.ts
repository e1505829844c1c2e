import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A secret, and the name of the place that it was put at or found in. */
export interface KnownSecret {
  readonly where: string;
  readonly text: string;
}

/** Puts secrets into files of a node, each with a value of its own, and remembers them. */
export class PlantedSecrets {
  readonly known: KnownSecret[] = [];
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** A new secret, which looks like none that rules know by its shape. */
  secret(where: string): string {
    const text = `zq${this.known.length}-${Buffer.from(where).toString('hex').slice(-12)}-Wx9`;
    this.known.push({ where, text });
    return text;
  }

  /** `user:secret` as HTTP's basic authentication sends it. */
  basic(where: string): string {
    const encoded = Buffer.from(`jane:${this.secret(where)}`).toString('base64');
    this.known.push({ where, text: encoded });
    return encoded;
  }

  private write(path: string, text: string, mode = 0o600): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text, { mode });
  }

  private flags(component: string, lines: readonly string[]): void {
    const path = join(this.root, `etc/kubernetes/manifests/${component}.yaml`);
    const text = readFileSync(path, 'utf8').replace(`    - ${component}\n`, `    - ${component}\n${lines.join('')}`);
    writeFileSync(path, text);
  }

  /** Wherever credentials stand on nodes, by mistake or by design. */
  plant(): void {
    this.plantAccounts();
    this.plantComponents();
    this.plantKubeconfigs();
    this.plantRuntimes();
    this.plantDistributions();
  }

  private plantAccounts(): void {
    const hash = (where: string): string => `$6$salt$${this.secret(where)}`;
    this.write(
      '/etc/passwd',
      `root:${hash('passwd')}:0:0:root:/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n`,
    );
    this.write('/etc/shadow', `root:${hash('shadow')}:19000:0:99999:7:::\n`);
    this.write('/etc/group', `root:${hash('group')}:0:\ndocker:x:998:deploy\n`);
    this.write('/etc/gshadow', `docker:${hash('gshadow')}::deploy\n`);
    this.write(
      '/etc/sudoers',
      `# the password is ${this.secret('comment of sudoers')}\ndeploy ALL=(ALL) NOPASSWD: ALL\n`,
    );
    const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${Buffer.from(this.secret('login key')).toString('base64')} deploy`;
    this.known.push({ where: 'login key', text: key.split(' ')[1] ?? '' });
    this.write('/root/.ssh/authorized_keys', `${key}\n`);
    this.write('/home/deploy/.ssh/authorized_keys', `environment="TOKEN=${this.secret('login option')}" ${key}\n`);
    this.write('/etc/ssh/sshd_config', 'PermitRootLogin yes\n');
  }

  private plantComponents(): void {
    this.write('/etc/kubernetes/pki/tokens.csv', `${this.secret('static token')},jane,1,"system:masters"\n`);
    this.write('/etc/kubernetes/pki/basic.csv', `${this.secret('static password')},jane,1\n`);
    const key = Buffer.from(this.secret('encryption key').padEnd(32, 'x').slice(0, 32)).toString('base64');
    this.known.push({ where: 'encryption key', text: key });
    this.write(
      '/etc/kubernetes/enc/config.yaml',
      `kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: key1\n        secret: ${key}\n  - identity: {}\n`,
    );
    const webhook = (where: string): string =>
      `kind: Config\nclusters:\n- name: hook\n  cluster: {server: "https://jane:${this.secret(`${where}, address`)}@hook"}\nusers:\n- name: hook\n  user:\n    token: ${this.secret(`${where}, token`)}\n    password: ${this.secret(`${where}, password`)}\n`;
    this.write('/etc/kubernetes/audit/webhook.yaml', webhook('audit webhook'));
    this.write('/etc/kubernetes/authn.yaml', webhook('authentication webhook'));
    this.write('/etc/kubernetes/cloud.conf', `[Global]\npassword = ${this.secret('cloud configuration')}\n`);
    this.write('/etc/kubernetes/azure.json', `{"aadClientSecret": "${this.secret('azure.json')}"}\n`);
    this.flags('kube-apiserver', [
      '    - --token-auth-file=/etc/kubernetes/pki/tokens.csv\n',
      '    - --basic-auth-file=/etc/kubernetes/pki/basic.csv\n',
      '    - --encryption-provider-config=/etc/kubernetes/enc/config.yaml\n',
      '    - --audit-webhook-config-file=/etc/kubernetes/audit/webhook.yaml\n',
      '    - --authentication-token-webhook-config-file=/etc/kubernetes/authn.yaml\n',
      '    - --cloud-config=/etc/kubernetes/cloud.conf\n',
      `    - --proxy-password=${this.secret('unknown flag of a manifest')}\n`,
      `    - --token\n    - ${this.secret('flag of a manifest, two words')}\n`,
      `    - --manifest-url-header=Authorization:Bearer ${this.secret('header in a flag')}\n`,
    ]);
    const manifest = readFileSync(join(this.root, 'etc/kubernetes/manifests/etcd.yaml'), 'utf8');
    this.write(
      '/etc/kubernetes/manifests/etcd.yaml',
      manifest.replace(
        /^(\s*)image: /m,
        `$1env:\n$1- name: ETCD_PASSWORD\n$1  value: ${this.secret('environment of a manifest')}\n$1- name: ETCDCTL_USER\n$1  value: root:${this.secret('user and password of etcdctl')}\n$1- name: HEADER\n$1  value: 'Authorization: Bearer ${this.secret('header in a variable')}'\n$1- {name: HTTPS_PROXY, value: "http://jane:${this.secret('proxy of a manifest')}@proxy:3128"}\n$&`,
      ),
    );
    this.write(
      '/etc/systemd/system/kubelet.service.d/20-token.conf',
      `[Service]\nEnvironment="KUBELET_EXTRA_ARGS=--token=${this.secret('unit, flag')} --v=2"\nEnvironment=API_KEY=${this.secret('unit, variable')}\nEnvironmentFile=-/etc/default/kubelet-secrets\n`,
    );
    this.write(
      '/etc/default/kubelet-secrets',
      `AWS_SECRET_ACCESS_KEY=${this.secret('variables of a unit')}\nHTTP_PROXY=http://jane:${this.secret('proxy of a unit')}@proxy:3128\n`,
    );
    this.write('/etc/etcd/etcd.conf', `ETCD_NAME=one\nETCD_ROOT_PASSWORD=${this.secret('etcd.conf')}\n`);
    this.write(
      '/var/lib/kubelet/instance-config.yaml',
      `staticPodURLHeader:\n  Authorization: ["Bearer ${this.secret('header of static pods')}"]\n`,
    );
    appendFileSync(
      join(this.root, 'var/lib/kubelet/config.yaml'),
      `staticPodURLHeader:\n  Authorization:\n  - Bearer ${this.secret('header of static pods, as a list')}\n`,
    );
  }

  private plantKubeconfigs(): void {
    this.write(
      '/etc/kubernetes/bootstrap-kubelet.conf',
      `kind: Config\nusers:\n- name: b\n  user: {token: "abcdef.${this.secret('bootstrap kubeconfig')}"}\n`,
    );
    this.write(
      '/root/.kube/config',
      `apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster:\n    server: https://127.0.0.1:6443\n    proxy-url: http://jane:${this.secret('proxy-url')}@proxy:3128\ncontexts:\n- name: c\n  context: {cluster: c, user: a}\nusers:\n- name: a\n  user:\n    token: ${this.secret('token of a kubeconfig')}\n- name: b\n  user:\n    username: jane\n    password: ${this.secret('password of a kubeconfig')}\n- name: oidc\n  user:\n    auth-provider:\n      name: oidc\n      config:\n        client-secret: ${this.secret('client secret')}\n        id-token: ${this.secret('id token')}\n        refresh-token: ${this.secret('refresh token')}\n- name: exec\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: login\n      args: ["--client-secret", "${this.secret('argument of a plugin')}", "--password=${this.secret('flag of a plugin')}"]\n      env:\n      - {name: PASS, value: ${this.secret('variable of a plugin')}}\n- name: misspelt\n  user:\n    Token: ${this.secret('misspelt token')}\n`,
    );
    this.write(
      '/etc/cni/net.d/calico-kubeconfig',
      `kind: Config\nusers:\n- name: calico\n  user:\n    token: ${this.secret('kubeconfig of a network plugin')}\n`,
    );
    this.write(
      '/etc/cni/net.d/10-net.conflist',
      `{"cniVersion": "0.3.1", "name": "net", "plugins": [{"type": "x", "password": "${this.secret('network plugin')}"}]}\n`,
    );
  }

  private plantRuntimes(): void {
    this.write(
      '/etc/containerd/config.toml',
      `version = 2\n[plugins."io.containerd.grpc.v1.cri".registry.configs."r.example".auth]\n  username = "jane"\n  password = "${this.secret('containerd, password')}"\n  auth = "${this.basic('containerd, auth')}"\n  identitytoken = "${this.secret('containerd, identity token')}"\n[plugins."io.containerd.grpc.v1.cri".registry.configs."s.example".header]\n  X-Key = ["${this.secret('containerd, header')}"]\n`,
    );
    this.write(
      '/etc/containerd/certs.d/r.example/hosts.toml',
      `server = "https://r.example"\n[host."https://m.example".header]\n  authorization = "Basic ${this.basic('hosts.toml')}"\n  x-api = ["${this.secret('hosts.toml, another header')}"]\n`,
    );
    this.write(
      '/etc/docker/daemon.json',
      `{"registry-mirrors": ["https://jane:${this.secret('mirror of Docker')}@m.example"], "proxies": {"http-proxy": "http://jane:${this.secret('proxy of Docker')}@p"}}\n`,
    );
    const auth = (where: string): string => `{"auths": {"r.example": {"auth": "${this.basic(where)}"}}}\n`;
    this.write('/root/.docker/config.json', auth('docker config of root'));
    this.write('/var/lib/kubelet/config.json', auth('docker config of the kubelet'));
    this.write('/var/lib/kubelet/.dockercfg', `{"r.example": {"auth": "${this.basic('dockercfg')}"}}\n`);
  }

  private plantDistributions(): void {
    this.write(
      '/etc/rancher/k3s/config.yaml',
      `token: ${this.secret('k3s, token')}\nagent-token: ${this.secret('k3s, agent token')}\ndatastore-endpoint: "mysql://jane:${this.secret('k3s, data store')}@tcp(db:3306)/k3s"\netcd-s3-access-key: ${this.secret('k3s, access key')}\netcd-s3-secret-key: ${this.secret('k3s, secret key')}\nkubelet-arg:\n- "v=2"\n`,
    );
    this.write(
      '/etc/rancher/k3s/registries.yaml',
      `configs:\n  r.example:\n    auth:\n      username: jane\n      password: ${this.secret('registries.yaml, password')}\n      auth: ${this.basic('registries.yaml, auth')}\n      identity_token: ${this.secret('registries.yaml, identity token')}\n`,
    );
    this.write('/var/lib/rancher/k3s/server/node-token', `K10::server:${this.secret('node token')}\n`);
  }
}

/**
 * Pieces of every private key below the folder: each line of PEM, and of what kubeconfigs hold pieces that are long
 * enough to be nothing else. Without what is in certificates too: the modulus of an RSA key is public.
 */
export function keysBelow(folder: string): KnownSecret[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('member'))
    .map(({ parentPath, name }) => ({
      where: join(parentPath, name),
      text: readFileSync(join(parentPath, name), 'latin1'),
    }));
  const known = files.map(({ text }) => publicParts(text)).join('\n');
  return files.flatMap(({ where, text }) =>
    keysOf(text)
      .filter((piece) => !known.includes(piece))
      .map((piece) => ({ where, text: piece })),
  );
}

/** The same, of one text, and with what is public of a key. */
export function keysOf(text: string): string[] {
  const lines = [...text.matchAll(/PRIVATE KEY-----\r?\n([\s\S]+?)\r?\n-----END/g)].flatMap(([, body = '']) =>
    body.split(/\r?\n/),
  );
  const fields = [...text.matchAll(/client-key-data:\s*(\S+)/g)].flatMap(([, value = '']) => [
    ...(value.match(/.{40}/g) ?? []),
    ...keysOf(Buffer.from(value, 'base64').toString('latin1')),
  ]);
  return [...lines, ...fields].filter((piece) => piece.length >= 40 && !isHeader(piece));
}

function publicParts(text: string): string {
  const blocks = text.match(/-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----[\s\S]+?-----END/g) ?? [];
  const fields = [...text.matchAll(/certificate-data:\s*(\S+)/g)].flatMap(([, value = '']) => [
    value,
    Buffer.from(value, 'base64').toString('latin1'),
  ]);
  return [...blocks, ...fields].join('\n');
}

/** The header of a key is the same for everyone. */
function isHeader(piece: string): boolean {
  return Buffer.from(piece, 'base64').toString('latin1').includes('-----BEGIN');
}
