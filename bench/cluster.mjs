// Ten thousand pods listed from an API server and judged. Limits: 3 s of processor time, 350 MB.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { root } from '../scripts/setup.mjs';
import { medianOf, row, runNode } from './measure.mjs';
import { podObject } from './pods.mjs';

const pods = 10_000;

export default async function cluster() {
  // The server has a thread of its own: its work is not ours.
  const server = new Worker(new URL(import.meta.url), { argv: ['serve'] });
  const port = await new Promise((resolve, reject) => server.once('message', resolve).once('error', reject));
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    const kubeconfig = join(folder, 'config');
    writeFileSync(kubeconfig, JSON.stringify(configFor(port)));
    const args = [join(root, 'dist/cli.js'), 'scan', '--kubeconfig', kubeconfig, '-o', 'terminal', '--fail-on', 'none'];
    const runs = [];
    for (let run = 0; run < 3; run += 1) runs.push(await runNode(args));
    if (!runs.every(({ code }) => code === 0)) throw new Error(`the scan failed: ${runs[0].stdout}${runs[0].stderr}`);
    const cpu = medianOf(runs, 'cpuMs') / 1000;
    const peak = medianOf(runs, 'peakMb');
    row(`${pods} pods listed and judged, CPU`, `${cpu.toFixed(2)} s`, 'limit 3 s', cpu <= 3);
    row(`${pods} pods listed and judged, peak memory`, `${peak.toFixed(0)} MB`, 'limit 350 MB', peak <= 350);
  } finally {
    await server.terminate();
    rmSync(folder, { recursive: true });
  }
}

function configFor(port) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
}

/** A server that knows pods and namespaces, and pages as the API server does. */
function serve(onListening) {
  const items = Array.from({ length: pods }, (_, index) => JSON.stringify(podObject(index)));
  const resource = (name, kind, namespaced) => ({ name, kind, namespaced, singularName: '', verbs: ['get', 'list'] });
  const answers = {
    '/version': { major: '1', minor: '34', gitVersion: 'v1.34.0' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
    '/api/v1': {
      kind: 'APIResourceList',
      groupVersion: 'v1',
      resources: [resource('pods', 'Pod', true), resource('namespaces', 'Namespace', false)],
    },
    '/api/v1/namespaces': { kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: [] },
  };
  createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    response.setHeader('Content-Type', 'application/json');
    if (url.pathname === '/api/v1/pods') {
      const from = Number(url.searchParams.get('continue') ?? 0);
      const to = Math.min(pods, from + Number(url.searchParams.get('limit') || pods));
      const next = to < pods ? `"continue":"${to}"` : '';
      response.end(
        `{"kind":"PodList","apiVersion":"v1","metadata":{${next}},"items":[${items.slice(from, to).join(',')}]}`,
      );
      return;
    }
    const answer = answers[url.pathname];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? { kind: 'Status', status: 'Failure', code: 404, message: 'not found' }));
  }).listen(0, '127.0.0.1', function () {
    onListening(this.address().port);
  });
}

if (process.argv[2] === 'serve') {
  const { parentPort } = await import('node:worker_threads');
  serve((port) => parentPort?.postMessage(port));
}
