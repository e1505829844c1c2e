// Bundles of many nodes, made of one that the collecting script wrote: each has a name and certificates of its own.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { root } from '../scripts/setup.mjs';
import { loadCertificateMaker, writeNodeRoot } from './node-root.mjs';

/** Writes `count` bundles into the folder and returns their files. */
export async function writeBundles(folder, count) {
  const node = join(folder, 'node');
  await writeNodeRoot(node);
  const printed = spawnSync(process.execPath, [join(root, 'dist/cli.js'), 'node', 'script'], { encoding: 'utf8' });
  writeFileSync(join(folder, 'collect.sh'), printed.stdout);
  const model = join(folder, 'model.tar.gz');
  const { status, stderr } = spawnSync('sh', [join(folder, 'collect.sh'), model, node], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the collecting script failed: ${stderr}`);
  const entries = readTar(gunzipSync(readFileSync(model)));
  const makeCertificate = await loadCertificateMaker();
  const part = (path) => {
    const line = entries
      .get('host/texts')
      .toString('utf8')
      .split('\n')
      .find((text) => text.endsWith(` ${path}`));
    return `host/text/${line.split(' ')[1]}`;
  };
  const certificate = part('/var/lib/kubelet/pki/kubelet.crt');
  const kubeconfig = part('/etc/kubernetes/kubelet.conf');
  const settings = part('/var/lib/kubelet/config.yaml');
  const header = entries.get('bundle').toString('utf8');
  const credentials = entries.get(kubeconfig).toString('utf8');
  const kubelet = entries.get(settings).toString('utf8');
  return Array.from({ length: count }, (_, index) => {
    const name = `node-${index}`;
    const { pem } = makeCertificate({ subject: `CN=${name}@1`, extendedUsages: ['serverAuth'], dns: [name] });
    const user = makeCertificate({ subject: `O=system:nodes/CN=system:node:${name}`, extendedUsages: ['clientAuth'] });
    const client = Buffer.from(user.pem).toString('base64');
    const files = new Map(entries)
      .set('bundle', Buffer.from(header.replace(/^name .*$/m, `name ${name}`)))
      .set(certificate, Buffer.from(pem))
      .set(kubeconfig, Buffer.from(credentials.replace(/(client-certificate-data": ")[^"]*/, `$1${client}`)));
    // What differs between nodes is what the report is for.
    if (index % 10 === 3) files.set(settings, Buffer.from(kubelet.replace('enabled: false', 'enabled: true')));
    const file = join(folder, `${name}.tar.gz`);
    writeFileSync(file, gzipSync(writeTar(files)));
    return file;
  });
}

const block = 512;

function readTar(tar) {
  const files = new Map();
  for (let at = 0; tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, tar.indexOf(0, at));
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    if (tar[at + 156] === 0x30) files.set(name, tar.subarray(at + block, at + block + size));
    at += block + Math.ceil(size / block) * block;
  }
  return files;
}

function writeTar(files) {
  const parts = [];
  for (const [name, content] of files) {
    const header = Buffer.alloc(block);
    header.write(name, 0, 'latin1');
    header.write('0000600\0', 100, 'latin1');
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        0', 148, 'latin1');
    header.write('ustar\u000000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    parts.push(header, content, Buffer.alloc((block - (content.length % block)) % block));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}
